"""Tables and views of a PostgreSQL (15 or newer).

The connection's word `dsn` says how to reach it (libpq's own form).  Everything a batch needs is read in one snapshot:
the rows, in the order of their key, and - computed there - the digest of each chunk of them, so that what was sent is
proven against what the source held.  A position is a row's rank by key within the batch, from 1.

Changes are those since the cursor, and again those of the last `lag` seconds before it: a transaction that began
before our snapshot may have committed after it, with an earlier time.  Where that window adds up to what it did last
time it is not sent again.  A row deleted at the source is found only by asking for everything again.

Outcomes go the other way: into a table whose key is known, where our role may SELECT, INSERT and UPDATE (and have a
temporary table, as everybody may unless it was taken away).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from gusu.kernel.engine import digest
from gusu.kernel.engine.duck import literal
from gusu.resources.exchange.connectors import contract
from gusu.resources.exchange.connectors.contract import Asked, Load, Source, Taken, texts
from gusu.resources.exchange.connectors.postgres.reach import reached
from gusu.resources.exchange.connectors.postgres.table import Table
from gusu.resources.exchange.connectors.postgres.writing import Writing, failures_named
from gusu.resources.exchange.errors import SourceFailed, TableMissing, WrongSettings


class Settings(contract.Settings, frozen=True, kw_only=True):
    """table: `schema.table`, a view too.  lag: seconds that are read again, of a source with a column of changes."""

    connection: str
    table: str
    lag: int = 600


class TargetSettings(contract.TargetSettings, frozen=True, kw_only=True):
    """table: `schema.table`.  key: its primary key, or a column that is unique.  changed: the column that says when a
    row last changed, given its default anew with every change; "" where there is none or the table sees to it.
    """

    table: str
    changed: str = ""


def source(asked: Asked) -> Source | None:
    """See the contract. The key of the entry is what orders the rows; it must tell them apart."""
    settings = asked.set_as(Settings)
    if not asked.key or settings.table.count(".") != 1:
        raise WrongSettings
    with _snapshot(settings) as database:
        table = Table(database, asked, settings.table, settings.lag)
        wanted = table.wanted()
        told = table.measured(wanted, asked.salt)
        if asked.cursor and not told:
            return None
        spooled = asked.spool / "rows.csv"
        table.copy(wanted, spooled)
        return Source(
            relation=_as_text(spooled, asked.columns),
            place=settings.table,
            complete=not asked.cursor,
            cursor=table.reached(),
            told_rows=digest.whole(told.values()).rows,
            proof=told,
        )


def hand_over(load: Load) -> Taken:
    """See the contract. One transaction: rows in, read back and measured there, and only then committed."""
    settings = load.set_as(TargetSettings)
    if settings.key not in load.columns or settings.table.count(".") != 1:
        raise WrongSettings
    with reached(settings.connection) as database, failures_named(settings.table, settings.key):
        with database.transaction():
            return Writing(database, load, settings.table, key=settings.key, changed=settings.changed).taken()


def _as_text(file: Path, columns: list[str]) -> str:
    """The spooled rows for the engine: an empty text is one, NULL is not."""
    form = "header=false, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='\\N', new_line='\\n'"
    longest = "allow_quoted_nulls=false, max_line_size=16000000"
    return f"read_csv({literal(str(file))}, {form}, {longest}, columns={{{texts(columns)}}})"


@contextmanager
def _snapshot(settings: Settings) -> Iterator[psycopg.Connection]:
    """A read-only transaction that sees one moment. Unreachable, NotLetIn, TableMissing, SourceFailed."""
    with reached(settings.connection) as database:
        database.read_only, database.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
        try:
            yield database
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
            raise TableMissing(place=settings.table) from None
        except psycopg.Error as error:
            raise SourceFailed(place=settings.table, why=type(error).__name__) from None
