"""How a department's PostgreSQL is reached: one session, in one form whatever its habits."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings as site
from psycopg.conninfo import conninfo_to_dict

from gusu.resources.exchange.connections import word_of
from gusu.resources.exchange.errors import NotLetIn, Unreachable

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


@contextmanager
def reached(name: str) -> Iterator[psycopg.Connection]:
    """A session with the department's database by the connection of this name. Unreachable, NotLetIn."""
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
