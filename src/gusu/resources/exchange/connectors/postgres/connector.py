"""Tables and views of a PostgreSQL (15 or newer).

The connection's word `dsn` says how to reach it (libpq's own form).  Everything a batch needs is read in one snapshot:
the rows, in the order of their key, and - computed there - the digest of each chunk of them, so that what was sent is
proven against what the source held.  A position is a row's rank by key within the batch, from 1.

Changes are those since the cursor, and again those of the last `lag` seconds before it: a transaction that began
before our snapshot may have committed after it, with an earlier time.  Where that window adds up to what it did last
time it is not sent again.  A row deleted at the source is found only by asking for everything again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings as site
from psycopg.conninfo import conninfo_to_dict

from gusu.kernel.engine import digest
from gusu.kernel.engine.duck import literal
from gusu.resources.exchange.connections import word_of
from gusu.resources.exchange.connectors import contract
from gusu.resources.exchange.connectors.contract import Asked, Source, texts
from gusu.resources.exchange.connectors.postgres.table import Table
from gusu.resources.exchange.errors import NotLetIn, SourceFailed, TableMissing, Unreachable, WrongSettings

PATIENCE = 5  # seconds to connect
# One form of every value, whatever the server's habits; one process there, as we were granted one connection.
SESSION = {
    "statement_timeout": "30min",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30min",
    "TimeZone": site.TIME_ZONE,
    "DateStyle": "ISO,YMD",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


class Settings(contract.Settings, frozen=True, kw_only=True):
    """table: `schema.table`, a view too.  lag: seconds that are read again, of a source with a column of changes."""

    connection: str
    table: str
    lag: int = 600


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


def _as_text(file: Path, columns: list[str]) -> str:
    """The spooled rows for the engine: an empty text is one, NULL is not."""
    form = "header=false, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='\\N', new_line='\\n'"
    longest = "allow_quoted_nulls=false, max_line_size=16000000"
    return f"read_csv({literal(str(file))}, {form}, {longest}, columns={{{texts(columns)}}})"


@contextmanager
def _snapshot(settings: Settings) -> Iterator[psycopg.Connection]:
    """A read-only transaction that sees one moment. Unreachable, NotLetIn, TableMissing, SourceFailed."""
    with _reached(settings) as database:
        database.read_only, database.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
        try:
            yield database
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
            raise TableMissing(place=settings.table) from None
        except psycopg.Error as error:
            raise SourceFailed(place=settings.table, why=type(error).__name__) from None


@contextmanager
def _reached(settings: Settings) -> Iterator[psycopg.Connection]:
    name = settings.connection
    dsn = word_of(name, "dsn")
    try:
        about = conninfo_to_dict(dsn)
        where = f"{about.get('host', 'localhost')}:{about.get('port', 5432)}/{about.get('dbname', '')}"
    except psycopg.Error:
        raise Unreachable(connection=name, where="?", why="dsn") from None
    options = " ".join(f"-c {key}={value}" for key, value in SESSION.items())
    try:
        database = psycopg.connect(dsn, connect_timeout=PATIENCE, options=options, client_encoding="UTF8")
    except psycopg.OperationalError as error:
        # No SQLSTATE reaches us from a connection that was not made: libpq's words are all there is to tell by.
        denied = any(word in str(error) for word in ("authentication failed", "no pg_hba.conf", "does not exist"))
        refusal = NotLetIn if denied else Unreachable
        raise refusal(connection=name, where=where, why=type(error).__name__) from None
    try:
        yield database
    finally:
        database.close()
