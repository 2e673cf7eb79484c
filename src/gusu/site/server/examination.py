"""`gusu doctor`: every feature of PostgreSQL that our SQL uses, tried; and the machine.

Each probe runs in a transaction that is rolled back, so nothing stays behind.  A new feature in our SQL brings its
line here.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from gusu.kernel.crypto import keys
from gusu.kernel.errors import GusuError
from gusu.site.server.place import Place
from gusu.site.server.postgres import lease, program

OLDEST = 15
ENOUGH_DISK = 2 << 30
BROWSERS = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Finding:
    """One thing looked at.  remedy: what to do when it is missing.  only_a_note: a city runs without it."""

    name: str
    ok: bool
    said: str = ""
    remedy: str = ""
    only_a_note: bool = False

    def as_line(self) -> str:
        word = "ok     " if self.ok else "note   " if self.only_a_note else "MISSING"
        tail = self.said if self.ok else f"{self.said} → {self.remedy}" if self.said else f"→ {self.remedy}"
        return f"{word}  {self.name:<28} {tail}".rstrip()

    def as_data(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Probe:
    """SQL whose last statement's first value must be true."""

    name: str
    sql: str
    remedy: str


TABLE = "CREATE TABLE gusu_doctor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, words text[], body jsonb)"
USE_POSTGRESQL = "use PostgreSQL 15 or newer, or a compatible server that has this"
PROBES = [
    Probe(
        "text encoding UTF8", "SELECT current_setting('server_encoding') = 'UTF8'", "CREATE DATABASE … ENCODING 'UTF8'"
    ),
    Probe(
        "right to make tables",
        f"{TABLE}; SELECT true",
        "GRANT CREATE ON SCHEMA public TO this role, or make it the database's owner",
    ),
    Probe("jsonb", """SELECT '{"a": [1]}'::jsonb @> '{"a": [1]}'""", USE_POSTGRESQL),
    Probe(
        "generated columns",
        "CREATE TABLE gusu_doctor (a int, b int GENERATED ALWAYS AS (a + 1) STORED); SELECT true",
        USE_POSTGRESQL,
    ),
    Probe(
        "gin index over text[]", f"{TABLE}; CREATE INDEX ON gusu_doctor USING gin (words); SELECT true", USE_POSTGRESQL
    ),
    Probe(
        "partial and covering index",
        f"{TABLE}; CREATE INDEX ON gusu_doctor (id) INCLUDE (body) WHERE id > 0; SELECT true",
        USE_POSTGRESQL,
    ),
    Probe(
        "insert … on conflict",
        f"{TABLE}; INSERT INTO gusu_doctor DEFAULT VALUES ON CONFLICT DO NOTHING; SELECT true",
        USE_POSTGRESQL,
    ),
    Probe(
        "merge",
        f"{TABLE}; MERGE INTO gusu_doctor t USING (SELECT 1::bigint i) s ON t.id = s.i"
        " WHEN MATCHED THEN DELETE; SELECT true",
        USE_POSTGRESQL,
    ),
    Probe("skip locked", f"{TABLE}; SELECT id FROM gusu_doctor FOR UPDATE SKIP LOCKED; SELECT true", USE_POSTGRESQL),
    Probe("advisory locks", "SELECT pg_try_advisory_xact_lock(726179)", USE_POSTGRESQL),
    Probe(
        "transaction ids, snapshots",
        "SELECT pg_current_xact_id() >= pg_snapshot_xmin(pg_current_snapshot())",
        USE_POSTGRESQL,
    ),
    Probe(
        "exported snapshots",
        "SELECT pg_export_snapshot() <> ''",
        "needed by ./gusu backup; connect to the primary, not to a pooler",
    ),
    Probe("sha256()", "SELECT length(sha256('姑苏'::bytea)) = 32", USE_POSTGRESQL),
    Probe(
        "functions and triggers",
        "CREATE FUNCTION gusu_doctor() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; SELECT gusu_doctor() = 1",
        "CREATE EXTENSION plpgsql",
    ),
    Probe("more than 20 connections", "SELECT current_setting('max_connections')::int > 20", "raise max_connections"),
]


def examine(place: Place) -> list[Finding]:
    """Everything, in the order a reader wants it."""
    return [*_machine(place), *_database(place)]


def _database(place: Place) -> Iterator[Finding]:
    try:
        with _one_to_probe(place) as (url, which), psycopg.connect(url, connect_timeout=10) as connection:
            connection.rollback()
            version = connection.info.server_version
            yield Finding("database", True, f"{which}, PostgreSQL {version // 10000}.{version % 10000}")
            yield Finding(f"version {OLDEST} or newer", version >= OLDEST * 10000, remedy=USE_POSTGRESQL)
            yield from (_probed(connection, probe) for probe in PROBES)
            yield _tried("copy, binary", connection, _copies_binary, USE_POSTGRESQL)
            yield _tried(
                "listen and notify", connection, _hears, "connect to the server itself or to a pooler in session mode"
            )
    except (psycopg.OperationalError, GusuError) as failure:
        yield Finding("database", False, str(failure).strip(), "is DATABASE_URL right, and does the server answer?")


@contextmanager
def _one_to_probe(place: Place) -> Iterator[tuple[str, str]]:
    """The administrator's, the city's own, or - where there is no city yet - a throw-away one."""
    if url := os.environ.get("DATABASE_URL"):
        yield url, "yours (DATABASE_URL)"
    elif (place.postgres / "PG_VERSION").exists():
        with lease(place) as url:
            yield url, "embedded"
    else:
        with tempfile.TemporaryDirectory(prefix="gusu-doctor-") as folder, lease(Place(Path(folder) / "data")) as url:
            yield url, "embedded (a throw-away one)"


def _probed(connection: Connection, probe: Probe) -> Finding:
    def is_true(connection: Connection) -> bool:
        *before, last = probe.sql.split("; ") if "plpgsql" not in probe.sql else probe.sql.rsplit("; ", 1)
        for statement in before:
            connection.execute(statement.encode())
        row = connection.execute(last.encode()).fetchone()
        return bool(row and row[0])

    return _tried(probe.name, connection, is_true, probe.remedy)


def _tried(name: str, connection: Connection, attempt: Callable[[Connection], bool], remedy: str) -> Finding:
    try:
        return Finding(name, attempt(connection), remedy=remedy)
    except psycopg.Error as failure:
        return Finding(name, False, str(failure).strip().splitlines()[0], remedy)
    finally:
        connection.rollback()
        connection.autocommit = False


def _copies_binary(connection: Connection) -> bool:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE gusu_doctor (a int, b text)")
    with cursor.copy("COPY gusu_doctor FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "text"])
        copy.write_row((1, "姑苏"))
    return cursor.execute("SELECT b FROM gusu_doctor").fetchone() == ("姑苏",)


def _hears(connection: Connection) -> bool:
    connection.autocommit = True
    connection.execute("LISTEN gusu_doctor")
    connection.execute("NOTIFY gusu_doctor")
    heard = list(connection.notifies(timeout=3, stop_after=1))
    connection.execute("UNLISTEN gusu_doctor")
    return len(heard) == 1


def _machine(place: Place) -> Iterator[Finding]:
    free = place.free_bytes()
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python 3.11 or newer", sys.version_info >= (3, 11), version, "install a newer Python")
    yield Finding(
        "disk space", free > ENOUGH_DISK, f"{free / 1e9:.1f} GB free", "free some, or choose another --data DIR"
    )
    yield _keys(place)
    yield _own_database_programs()
    browser = next((name for name in BROWSERS if shutil.which(name)), "")
    remedy = "apt install chromium; without it ./gusu test skips the stories that need a browser"
    yield Finding("browser for tests", bool(browser), browser, remedy, only_a_note=True)


def _keys(place: Place) -> Finding:
    folder = keys.folder().resolve()
    mode = folder.stat().st_mode & 0o777
    if folder.is_relative_to(place.data):
        return Finding("key folder", False, str(folder), "it must lie outside the data folder: set GUSU_KEYS")
    return Finding("key folder", mode == 0o700, f"{folder}, mode {mode:o}", f"chmod 700 {folder}")


def _own_database_programs() -> Finding:
    try:
        return Finding(
            "embedded PostgreSQL", Path(program("postgres")).exists(), only_a_note=bool(os.environ.get("DATABASE_URL"))
        )
    except GusuError as failure:
        return Finding(
            "embedded PostgreSQL",
            False,
            str(failure),
            "set DATABASE_URL",
            only_a_note=bool(os.environ.get("DATABASE_URL")),
        )
