"""What a set of rows adds up to, whatever their order and however they are cut. Format 1.

digest = count, and the sum mod 2^256 of SHA-256(salt ‖ canonical row).  A canonical row is its fields in contract
order, each `~` for NULL or `<length in characters>:<value>`, so that no two rows read alike.  The sum - not XOR -
because a duplicate must show.
"""

from collections.abc import Sequence

from gusu.kernel.engine.duck import Rows, literal, name

LIMBS = 8


def measured(relation: str, columns: Sequence[str], salt: str) -> str:
    """SQL that answers one row: count, then eight sums of 32-bit limbs, most significant first.  `total` reads it."""
    fields = " || ".join(f"coalesce(length({name(column)}) || ':' || {name(column)}, '~')" for column in columns)
    limbs = ", ".join(
        f"coalesce(sum(('0x' || substr(h, {1 + 8 * limb}, 8))::UBIGINT), 0)::VARCHAR" for limb in range(LIMBS)
    )
    return f"SELECT count(*), {limbs} FROM (SELECT sha256({literal(salt)} || {fields}) AS h FROM {relation})"


def total(rows: Rows) -> tuple[int, str]:
    """(count, "count:sum in hex") of what `measured` answered."""
    [[count, *limbs]] = rows
    weight = sum(int(limb) << 32 * (LIMBS - 1 - place) for place, limb in enumerate(limbs)) % (1 << 256)
    return count, f"{count}:{weight:064x}"
