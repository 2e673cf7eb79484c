"""A register's two tables in PostgreSQL: typed, wide, made by `packs apply`; and how an edition gets into them.

`register_<code>`: a row per version, with the span in which it was so (valid_*) and the editions in which we held it
so (known_*). `register_<code>_change`: a row per reported change.  Rows are closed, never altered: an old edition
still answers.
"""

from pathlib import Path
from shutil import copyfileobj

from django.db import connection

from gusu.kernel.engine.duck import literal, name
from gusu.resources.registers import history
from gusu.resources.registers.spec import RegisterPiece, column

TYPES = {"valid_from": "date", "valid_to": "date", "confirmed": "boolean", "moment": "date"}
KEPT = "fingerprint text NOT NULL, batch bigint, position bigint, known_from integer NOT NULL, known_to integer"


def create(spec: RegisterPiece) -> None:
    """Make the tables, or add the columns a new version of the pack declares. Nothing is ever dropped here."""
    versions = [f"{name(col)} {TYPES.get(col, 'text')}" for col in history.content(spec)]
    changes = [f"{name(col)} {TYPES.get(col, 'text')}" for col in history.CHANGE]
    with connection.cursor() as cursor:
        for table, columns in ((spec.table, versions), (f"{spec.table}_change", changes)):
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {table} "
                f"(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {', '.join(columns)}, {KEPT})"
            )
            for declared in columns:
                cursor.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {declared}")
            cursor.execute(
                f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_now ON {table} (fingerprint) WHERE known_to IS NULL"
            )
        cursor.execute(f"ALTER TABLE {spec.table} ADD COLUMN IF NOT EXISTS ended_position bigint")
        for statement in _indexes(spec):
            cursor.execute(statement)


def _indexes(spec: RegisterPiece) -> list[str]:
    table = spec.table
    made = [
        f"CREATE INDEX IF NOT EXISTS {table}_key ON {table} (key text_pattern_ops, id)",
        f"CREATE INDEX IF NOT EXISTS {table}_before ON {table}_change (before_key)",
        f"CREATE INDEX IF NOT EXISTS {table}_after ON {table}_change (after_key)",
    ]
    made += [
        f"CREATE INDEX IF NOT EXISTS {table}_{column(element)}_words ON {table} "
        f"USING gin (gusu_tokens({name(column(element))}, false))"
        for element in spec.search
    ]
    if spec.parent:
        up = name(column(spec.parent))
        made.append(f"CREATE INDEX IF NOT EXISTS {table}_up ON {table} ({up}, key) WHERE known_to IS NULL")
    return made


def canonical(columns: list[str]) -> str:
    """The canonical row form of `kernel/engine/digest.py`, in SQL that DuckDB and PostgreSQL read alike."""
    return " || ".join(
        f"coalesce(length(CAST({name(col)} AS text)) || ':' || CAST({name(col)} AS text), '~')" for col in columns
    )


def take_in(table: str, columns: list[str], extra: list[str], exported: Path, edition: int) -> tuple[int, int, int]:
    """Bring a table to what `exported` (CSV) holds: (added, closed, unchanged). Rows that are the same stay
    untouched.
    """
    arriving = [*columns, "fingerprint", "batch", "position", *extra]
    listed = ", ".join(map(name, arriving))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arriving AS SELECT {listed} FROM {table} WITH NO DATA")
        with cursor.copy(f"COPY arriving ({listed}) FROM STDIN (FORMAT csv)") as copy, exported.open("rb") as file:
            copyfileobj(file, copy, 1 << 20)
        cursor.execute("CREATE INDEX ON arriving (fingerprint)")
        cursor.execute("ANALYZE arriving")
        cursor.execute(
            f"UPDATE {table} AS kept SET known_to = %s WHERE known_to IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM arriving WHERE arriving.fingerprint = kept.fingerprint)",
            [edition],
        )
        closed = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} ({listed}, known_from) SELECT DISTINCT ON (fingerprint) {listed}, %s FROM arriving "
            f"WHERE NOT EXISTS (SELECT 1 FROM {table} AS kept WHERE known_to IS NULL "
            "AND kept.fingerprint = arriving.fingerprint) "
            "ORDER BY fingerprint, position",
            [edition],
        )
        added = cursor.rowcount
        cursor.execute(f"SELECT count(*) FROM {table} WHERE known_to IS NULL")
        [(now,)] = cursor.fetchall()
        cursor.execute("DROP TABLE arriving")
        cursor.execute(f"ANALYZE {table}")  # a first edition is found by its indexes at once
    return added, closed, now - added


def digest(spec: RegisterPiece, salt: str) -> str:
    """Recomputed from the columns of the rows in force, so that a changed row shows: "count:sum" as in
    `kernel/engine/digest.py`.
    """
    limbs = ", ".join(f"coalesce(sum(('x' || substr(h, {1 + 8 * limb}, 8))::bit(32)::bigint), 0)" for limb in range(8))
    rows = (
        f"SELECT encode(sha256(convert_to({literal(salt)} || {canonical(history.content(spec))}, 'UTF8')), 'hex') AS h "
        f"FROM {spec.table} WHERE known_to IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), {limbs} FROM ({rows}) AS hashed")
        [(count, *sums)] = cursor.fetchall()
    weight = sum(int(limb) << 32 * (7 - place) for place, limb in enumerate(sums)) % (1 << 256)
    return f"{count}:{weight:064x}"
