"""What a set of rows adds up to, whatever their order and however they are cut. Format 1.

digest = count, and the sum mod 2^256 of SHA-256(salt ‖ canonical row).  A canonical row is its fields in contract
order, each `~` for NULL or `<length in characters>:<value>`, so that no two rows read alike.  The sum - not XOR -
because a duplicate must show, and because the digests of the parts add up to the digest of the whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gusu.kernel.engine.duck import Rows, literal, name

LIMBS = 4
WHOLE = 1 << 256


@dataclass(frozen=True, slots=True)
class Measure:
    """So many rows, and the sum of their hashes; measures add."""

    rows: int = 0
    weight: int = 0

    def __add__(self, other: "Measure") -> "Measure":
        return Measure(self.rows + other.rows, (self.weight + other.weight) % WHOLE)

    def __sub__(self, other: "Measure") -> "Measure":
        return Measure(self.rows - other.rows, (self.weight - other.weight) % WHOLE)

    def __str__(self) -> str:
        return f"{self.rows}:{self.weight:064x}"

    @staticmethod
    def read(said: str) -> "Measure":
        """What `str` of a measure says."""
        rows, _, weight = said.partition(":")
        return Measure(int(rows), int(weight, 16))


def measured(relation: str, columns: Sequence[str], salt: str, *, cut: str = "0") -> str:
    """SQL that answers one row a part: the part, its count, then four sums of 64-bit limbs, most significant first.

    cut: an SQL expression over `relation` that says which part a row belongs to.  `measures` reads the answer.
    """
    return added_up(f"(SELECT {cut} AS part, {row_hash(columns, salt)} AS h FROM {relation})")


def row_hash(columns: Sequence[str], salt: str) -> str:
    """SQL for the salted hash of one row, 64 hexadecimal digits. salt: as hexadecimal digits."""
    fields = ", ".join(f"length({it}), if({it} IS NULL, '~', ':'), {it}" for it in map(name, columns))
    return f"sha256(concat({literal(salt)}, {fields}))"


def added_up(hashes: str) -> str:
    """SQL that answers as `measured` does, over a relation of `part` and `h`, hashes of rows already made."""
    limbs = ", ".join(f"sum(('0x' || substr(h, {1 + 16 * limb}, 16))::UBIGINT)::VARCHAR" for limb in range(LIMBS))
    return f"SELECT part, count(*), {limbs} FROM {hashes} GROUP BY part ORDER BY part"


def measures(rows: Rows) -> dict[int, Measure]:
    """What `measured` answered, by part; a set of no rows has no part."""
    return {part: Measure(count, weight_of(map(int, limbs))) for part, count, *limbs in rows}


def whole(parts: Iterable[Measure]) -> Measure:
    """The measure of everything that the parts make together."""
    return sum(parts, Measure())


def total(rows: Rows) -> tuple[int, str]:
    """(count, "count:sum in hex") of everything `measured` answered."""
    found = whole(measures(rows).values())
    return found.rows, str(found)


def weight_of(limbs: Iterable[int]) -> int:
    """The sum mod 2^256 out of the sums of its 64-bit limbs, most significant first."""
    return sum(limb << 64 * (LIMBS - 1 - place) for place, limb in enumerate(limbs)) % WHOLE
