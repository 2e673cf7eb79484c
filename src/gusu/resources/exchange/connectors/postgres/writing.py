"""Rows into a department's table: all at once, or in halves until what it would not take stands alone.

Nothing is believed: what was written is read back by its key and measured there before anything is committed.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from gusu.kernel.engine.digest import WHOLE, Measure, whole
from gusu.resources.exchange.connectors.contract import Declined, Load, Taken
from gusu.resources.exchange.connectors.postgres.table import measured, types_of
from gusu.resources.exchange.errors import TargetColumnsMissing, TargetFailed, TargetKeyless, TargetMissing

# What a table says of rows that it will not take; of two that come to one key it takes the second in another half.
OF_A_ROW = (
    errors.IntegrityError,
    errors.DataError,
    errors.RaiseException,
    errors.WithCheckOptionViolation,
    errors.CardinalityViolation,
)
WRITTEN = """
INSERT INTO {table} AS kept ({columns})
SELECT {values} FROM pg_temp.arriving AS a WHERE a._position BETWEEN {first} AND {last} ORDER BY a._position
ON CONFLICT ({key}) DO UPDATE SET {changes}
WHERE ({old}) IS DISTINCT FROM ({new})
"""
AMENDED = """
UPDATE {table} AS kept SET {changes} FROM pg_temp.arriving AS a
WHERE a._position BETWEEN {first} AND {last} AND kept.{key} = {value} AND ({old}) IS DISTINCT FROM ({new})
"""
# By the type without its length: what is too long is then said, not cut.
BASES = """
SELECT attname::text, format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0
"""
Row = Sequence[str | None]


class KeptDifferently(Exception):
    """What stands there is not what was sent: a trigger, a rounding, a form of its own."""


class Writing:
    """One load on its way into one table, inside a transaction there. TargetMissing, TargetColumnsMissing."""

    def __init__(self, database: psycopg.Connection, load: Load, place: str, *, key: str, changed: str) -> None:
        self.database, self.load, self.key, self.changed = database, load, key, changed
        self.table = Identifier(*place.split("."))
        self.types = types_of(database, self.table)
        if not self.types:
            raise TargetMissing(place=place)
        if missing := [column for column in (*load.columns, changed) if column and column not in self.types]:
            raise TargetColumnsMissing(place=place, missing=", ".join(missing))
        self.bases: dict[str, str] = dict(database.execute(BASES, [self.table.as_string(database)]).fetchall())
        self.unfit = list(self._unfit())
        out = {one.position for one in self.unfit}
        self.places = [place for place in range(len(load.rows)) if place not in out]
        self.rows = [load.rows[place] for place in self.places]

    def taken(self) -> Taken:
        """Write what the table takes. What constraints would only say at the end of the transaction they say now."""
        self.database.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._arrive()
        kept, declined = self._written(0, len(self.rows) - 1) if self.rows else (Measure(), [])
        out = {one.position for one in declined}
        sent = measure_of(
            (row for place, row in zip(self.places, self.rows, strict=True) if place not in out), self.salt
        )
        return Taken(sent, kept, sorted([*self.unfit, *declined], key=lambda one: one.position))

    @property
    def salt(self) -> str:
        return self.load.salt

    def _unfit(self) -> Iterator[Declined]:
        """Rows that cannot even be sent: without a key, or with a character that no PostgreSQL keeps."""
        whose = self.load.columns.index(self.key)
        for place, row in enumerate(self.load.rows):
            with_nul = [column for column, value in zip(self.load.columns, row, strict=True) if "\0" in (value or "")]
            if row[whose] is None:
                yield Declined(place, self.key, "NotNullViolation")
            elif with_nul:
                yield Declined(place, with_nul[0], "NulCharacter")

    def _arrive(self) -> None:
        columns = _listed(SQL("{} text").format(Identifier(column)) for column in self.load.columns)
        self.database.execute(
            SQL("CREATE TEMP TABLE arriving (_position integer PRIMARY KEY, {}) ON COMMIT DROP").format(columns)
        )
        with self.database.cursor().copy("COPY pg_temp.arriving FROM STDIN") as copy:
            for place, row in enumerate(self.rows):
                copy.write_row([place, *row])

    def _written(self, first: int, last: int) -> tuple[Measure, list[Declined]]:
        """Write these of the rows: together or, where the table objects, each half by itself."""
        try:
            with self.database.transaction():
                self.database.execute((self._amendment if self.load.amends else self._insertion)(first, last))
                kept = self._kept(first, last)
                if kept != measure_of(self.rows[first : last + 1], self.salt):
                    raise KeptDifferently
                return kept, []
        except (*OF_A_ROW, KeptDifferently) as refusal:
            why = refusal
        if first == last:
            return Measure(), [Declined(self.places[first], self._column(first, why), type(why).__name__)]
        middle = (first + last) // 2
        halves = self._written(first, middle), self._written(middle + 1, last)
        return whole(kept for kept, _ in halves), [one for _, declined in halves for one in declined]

    def _amendment(self, first: int, last: int) -> Composed:
        columns = [column for column in self.load.columns if column != self.key]
        given = [
            SQL("{} = {}").format(Identifier(column), self._cast(column, self.bases[column])) for column in columns
        ]
        return SQL(AMENDED).format(
            table=self.table,
            changes=_listed([*given, *self._anew()]),
            first=Literal(first),
            last=Literal(last),
            key=Identifier(self.key),
            value=self._cast(self.key, self.bases[self.key]),
            old=_listed(SQL("kept.{}").format(Identifier(column)) for column in columns),
            new=_listed(self._cast(column, self.bases[column]) for column in columns),
        )

    def _anew(self) -> list[Composable]:
        return [SQL("{} = DEFAULT").format(Identifier(self.changed))] if self.changed else []

    def _insertion(self, first: int, last: int) -> Composed:
        columns = [Identifier(column) for column in self.load.columns]
        given = [SQL("{0} = EXCLUDED.{0}").format(column) for column in columns]
        return SQL(WRITTEN).format(
            table=self.table,
            columns=_listed(columns),
            values=_listed(self._cast(column, self.bases[column]) for column in self.load.columns),
            first=Literal(first),
            last=Literal(last),
            key=Identifier(self.key),
            changes=_listed([*given, *self._anew()]),
            old=_listed(SQL("kept.{}").format(column) for column in columns),
            new=_listed(SQL("EXCLUDED.{}").format(column) for column in columns),
        )

    def _kept(self, first: int, last: int) -> Measure:
        """What stands under the keys of these rows."""
        wanted = SQL("{} IN (SELECT {} FROM pg_temp.arriving AS a WHERE a._position BETWEEN {} AND {})").format(
            Identifier(self.key), self._cast(self.key, self.bases[self.key]), Literal(first), Literal(last)
        )
        columns = self.load.columns
        return whole(measured(self.database, self.table, columns, self.key, wanted=wanted, salt=self.salt).values())

    def _column(self, place: int, refusal: Exception) -> str:
        """The column or constraint that a row fails at: as the server says, or as each value's own type does."""
        about = refusal.diag if isinstance(refusal, psycopg.Error) else None
        said = (about.column_name or about.constraint_name) if about else None
        return said or next((column for column in self.load.columns if not self._fits(column, place)), "")

    def _fits(self, column: str, place: int) -> bool:
        """Whether a value comes back from its column's own type as it was."""
        as_kept = SQL("({})::text").format(self._cast(column, self.types[column]))
        asked = SQL("SELECT {} IS NOT DISTINCT FROM a.{} FROM pg_temp.arriving AS a WHERE a._position = {}")
        try:
            with self.database.transaction():
                found = self.database.execute(asked.format(as_kept, Identifier(column), Literal(place))).fetchone()
        except errors.DataError:
            return False
        return found == (True,)

    def _cast(self, column: str, as_type: str) -> Composable:
        return SQL("CAST(a.{} AS {})").format(Identifier(column), SQL(as_type))


def measure_of(rows: Iterable[Row], salt: str) -> Measure:
    """What rows add up to: the canonical form of kernel/engine/digest, for few rows that are in hand."""
    hashes = [_hash(row, salt) for row in rows]
    return Measure(len(hashes), sum(hashes) % WHOLE)


@contextmanager
def failures_named(place: str, key: str) -> Iterator[None]:
    """What goes wrong with the whole of a load. TargetMissing, TargetKeyless, TargetFailed."""
    try:
        yield
    except (errors.InsufficientPrivilege, errors.UndefinedTable, errors.InvalidSchemaName):
        raise TargetMissing(place=place) from None
    except errors.InvalidColumnReference:
        raise TargetKeyless(place=place, key=key) from None
    except psycopg.Error as error:
        raise TargetFailed(place=place, why=type(error).__name__) from None


def _hash(row: Row, salt: str) -> int:
    fields = "".join("~" if value is None else f"{len(value)}:{value}" for value in row)
    return int.from_bytes(hashlib.sha256((salt + fields).encode()).digest(), "big")


def _listed(parts: Iterable[Composable]) -> Composable:
    return SQL(", ").join(parts)
