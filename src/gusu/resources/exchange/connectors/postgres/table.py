"""What is asked of one table in one snapshot: which rows, what they add up to, the rows, and how far they reach."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql
from psycopg.sql import Composable, Identifier, Literal

from gusu.kernel.engine.digest import LIMBS, Measure, weight_of, whole
from gusu.resources.exchange.connectors.contract import CHUNK_ROWS, Asked
from gusu.resources.exchange.errors import ColumnsMissing, TableMissing

CSV = "(FORMAT csv, NULL '\\N', FORCE_QUOTE *)"
BUFFER = 1 << 20  # bytes; rows come one by one
TIMES = ("timestamp", "date")
CASTS_BYTES = 180000  # the first server version that reads a number from bytes by itself

# The canonical form of kernel/engine/digest, in PostgreSQL. Its numbers of 64 bits are signed: of each that is
# negative 2^64 is missing in the sum, so those are counted. OFFSET 0 keeps each level from being computed twice.
MEASURED = """
SELECT part, count(*), {sums} FROM (
  SELECT part, {limbs} FROM (
    SELECT (row_number() OVER (ORDER BY {key}) - 1) / {chunk} AS part,
           sha256(convert_to({salt} || {row}, 'UTF8')) AS h
    FROM {table} WHERE {wanted} OFFSET 0) AS hashed OFFSET 0) AS cut
GROUP BY part
"""
SUMS = ", ".join(f"sum(l{limb}), count(*) FILTER (WHERE l{limb} < 0)" for limb in range(LIMBS))
FROM_BYTES = ", ".join(f"substr(h, {1 + 8 * limb}, 8)::bigint AS l{limb}" for limb in range(LIMBS))
FROM_HEX = ", ".join(
    f"('x' || encode(substr(h, {1 + 8 * limb}, 8), 'hex'))::bit(64)::bigint AS l{limb}" for limb in range(LIMBS)
)


class Reached(msgspec.Struct, frozen=True):
    """What the cursor says: the last moment seen, and what the window before it added up to under a salt."""

    upto: str
    salt: str
    window: str


class Table:
    """One table, or view, in one snapshot. TableMissing, ColumnsMissing."""

    def __init__(self, database: psycopg.Connection, asked: Asked, place: str, lag: int) -> None:
        self.database, self.asked, self.lag = database, asked, lag
        self.name = Identifier(*place.split("."))
        self.types = types_of(database, self.name)
        if not self.types:
            raise TableMissing(place=place)
        missing = [column for column in asked.columns if column not in self.types]
        if missing:
            raise ColumnsMissing(place=place, missing=", ".join(missing))

    def wanted(self) -> Composable:
        """The condition of what is new: everything, what came after the cursor, or that and the window before it."""
        if not self.asked.cursor:
            return sql.SQL("true")
        last = msgspec.json.decode(self.asked.cursor, type=Reached)
        changed, upto = Identifier(self.asked.changed), self._moment(last.upto)
        if self._added_up(self._window(last.upto), last.salt) == last.window:
            return sql.SQL("{} > {}").format(changed, upto)
        return sql.SQL("{} >= {}").format(changed, self._before(upto))

    def measured(self, wanted: Composable, salt: str) -> dict[int, Measure]:
        """What each chunk adds up to, computed there."""
        return measured(self.database, self.name, self.asked.columns, self.asked.key, wanted=wanted, salt=salt)

    def copy(self, wanted: Composable, file: Path) -> None:
        """The rows as text, by key, into a file."""
        texts = sql.SQL(", ").join(sql.SQL("{0}::text AS {0}").format(Identifier(it)) for it in self.asked.columns)
        # ordered by the table's own column, not by its text of the same name, which would sort numbers as words
        query = sql.SQL("COPY (SELECT {} FROM {} AS t WHERE {} ORDER BY t.{}) TO STDOUT " + CSV).format(
            texts, self.name, wanted, Identifier(self.asked.key)
        )
        with file.open("wb", BUFFER) as spool, self.database.cursor().copy(query) as copied:
            spool.writelines(copied)

    def reached(self) -> str:
        """The cursor of this snapshot; "" for a table that does not say when its rows changed."""
        if not self.asked.changed:
            return ""
        newest = sql.SQL("SELECT max({})::text FROM {}").format(Identifier(self.asked.changed), self.name)
        [(upto,)] = self.database.execute(newest).fetchall()
        if upto is None:
            return ""
        salt = secrets.token_hex(16)
        return msgspec.json.encode(Reached(upto, salt, self._added_up(self._window(upto), salt))).decode()

    def _added_up(self, wanted: Composable, salt: str) -> str:
        return str(whole(self.measured(wanted, salt).values()))

    def _window(self, upto: str) -> Composable:
        changed, moment = Identifier(self.asked.changed), self._moment(upto)
        return sql.SQL("{} >= {} AND {} <= {}").format(changed, self._before(moment), changed, moment)

    def _before(self, moment: Composable) -> Composable:
        """The moment less the lag; of what is no time, itself."""
        if not self.types[self.asked.changed].startswith(TIMES):
            return moment
        return sql.SQL("{} - make_interval(secs => {})").format(moment, Literal(self.lag))

    def _moment(self, value: str) -> Composable:
        return sql.SQL("CAST({} AS {})").format(Literal(value), sql.SQL(self.types[self.asked.changed]))


def measured(
    database: psycopg.Connection, table: Composable, columns: list[str], key: str, *, wanted: Composable, salt: str
) -> dict[int, Measure]:
    """What the wanted rows of a table add up to, chunk by chunk in the order of their key, computed there."""
    server = database.info.server_version
    query = sql.SQL(MEASURED).format(
        sums=sql.SQL(SUMS),
        limbs=sql.SQL(FROM_BYTES if server >= CASTS_BYTES else FROM_HEX),
        key=Identifier(key),
        chunk=Literal(CHUNK_ROWS),
        salt=Literal(salt),
        row=sql.SQL(" || ").join(
            sql.SQL("coalesce(length({0}::text) || ':' || {0}::text, '~')").format(Identifier(column))
            for column in columns
        ),
        table=table,
        wanted=wanted,
    )
    found = database.execute(query).fetchall()
    return {part: Measure(rows, weight_of(_limbs(sums))) for part, rows, *sums in found}


def types_of(database: psycopg.Connection, table: Identifier) -> dict[str, str]:
    """Each column's type as the server writes it; none where there is no such table."""
    found = database.execute(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [table.as_string(database)],
    )
    return dict(found.fetchall())


def _limbs(sums: list[int]) -> Iterator[int]:
    """Unsigned sums out of sums of signed numbers, each with how many were negative."""
    for signed, negative in zip(sums[::2], sums[1::2], strict=True):
        yield int(signed) + (negative << 64)
