"""Public security's household register: its own PostgreSQL, pinyin columns, codes of GB/T 2261, 3304, 4658, 4761."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from shutil import copyfileobj

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gusu.demo.departments import defects
from gusu.demo.departments.defects import CODE
from gusu.demo.departments.errors import NoRoleForPolice
from gusu.demo.departments.systems import POLICE

COLUMNS = (
    *("RYBH", "GMSFHM", "XM", "CYM", "XB", "CSRQ", "MZ", "JGSSX", "HH", "YHZGX", "HYZK", "WHCD", "ZY", "ZZ", "XZQH"),
    *("ZXBS", "GXSJ"),
)
HOUSEHOLD = ("HH", "HZRYBH", "ZZ", "XZQH")
TEXT = "(FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')"


def _texts(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}" text' for column in columns)


def rows(records: str) -> str:
    """SQL of the rows of `huji.rk` from police records."""
    planted = POLICE.planted
    return f"""SELECT record_key, {defects.number(planted)}, {defects.name(planted)}, former_name,
      {defects.sex("1", "2")}, {defects.birth("strftime(birth, '%Y%m%d')")}, nation, origin,
      'HH' || right((1000000001 + household)::VARCHAR, 9), relation, marital, education, occupation, address,
      CASE WHEN defect = {CODE["old_division"]} THEN abolished(division[:6]) || '000000' ELSE division END,
      CASE WHEN died IS NULL OR defect = {CODE["dead_and_alive"]} THEN '0' ELSE '1' END, updated::VARCHAR || '+08'
    FROM ({records})"""


def households(records: str) -> str:
    """SQL of the rows of `huji.hu`: households whose head is registered."""
    return f"""SELECT 'HH' || right((1000000001 + household)::VARCHAR, 9), record_key, address, division
      FROM ({records}) WHERE relation = '02' AND defect != {CODE["duplicate"]}"""


def database() -> str:
    """The name of the police's own database, beside the city's."""
    return f"{connection.settings_dict['NAME']}_police"


def founded() -> str:
    """A new, empty database in place of any there was, and who may read it; answers the reader's connection string."""
    name, reader, password = database(), f"{database()}_reader", token_urlsafe(24)
    with _as_our_own("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    _let_read(reader, password)
    return _where(name, user=reader, password=password)


def fill(rk: Path, hu: Path) -> None:
    """Make and load both tables in one transaction (which spares a second writing), from files in PostgreSQL's text
    form."""
    with opened() as police, police.transaction():
        police.execute(SCHEMA.format(reader=sql.Identifier(f"{database()}_reader")))
        for table, file in (("rk", rk), ("hu", hu)):
            _copy(police, f"COPY huji.{table} FROM STDIN WITH (FREEZE)", file)
        police.execute(KEYS)


def change(upserted: Path, households: Path, removed: Path) -> None:
    """Rows that are new or differ, new households, and the keys of rows that go: one transaction."""
    with opened() as police, police.transaction():
        police.execute("CREATE TEMP TABLE came (LIKE huji.rk) ON COMMIT DROP")
        police.execute("CREATE TEMP TABLE went (key text) ON COMMIT DROP")
        police.execute("CREATE TEMP TABLE housed (LIKE huji.hu) ON COMMIT DROP")
        _copy(police, "COPY came FROM STDIN", upserted)
        _copy(police, "COPY housed FROM STDIN", households)
        _copy(police, "COPY went FROM STDIN", removed)
        police.execute(MERGED)


@contextmanager
def opened() -> Iterator[psycopg.Connection]:
    """A connection to the police's database as its owner."""
    with _as_our_own(database()) as police:
        yield police


SCHEMA = sql.SQL(
    "CREATE SCHEMA huji;"
    + f'CREATE TABLE huji.rk ({_texts(COLUMNS[:-1])}, "GXSJ" timestamptz);'
    + f"CREATE TABLE huji.hu ({_texts(HOUSEHOLD)});"
    + "COMMENT ON SCHEMA huji IS '演示数据';"
    + "GRANT USAGE ON SCHEMA huji TO {reader}; GRANT SELECT ON ALL TABLES IN SCHEMA huji TO {reader}"
)
KEYS = (
    'ALTER TABLE huji.rk ADD PRIMARY KEY ("RYBH"); ALTER TABLE huji.hu ADD PRIMARY KEY ("HH");'
    'CREATE INDEX rk_gxsj ON huji.rk ("GXSJ", "RYBH"); ANALYZE huji.rk; ANALYZE huji.hu'
)
MERGED = (
    'DELETE FROM huji.rk USING went WHERE "RYBH" = went.key;'
    "INSERT INTO huji.hu SELECT * FROM housed ON CONFLICT DO NOTHING;"
    'INSERT INTO huji.rk SELECT * FROM came ON CONFLICT ("RYBH") DO UPDATE SET '
    + ", ".join(f'"{column}" = excluded."{column}"' for column in COLUMNS[1:])
)


def _copy(police: psycopg.Connection, statement: str, file: Path) -> None:
    with police.cursor().copy(statement) as copy, file.open("rb") as source:
        copyfileobj(source, copy, 1 << 20)


def _let_read(reader: str, password: str) -> None:
    """The role, its password and nothing more. Our own role may not make roles in the database that comes along: there
    the one that may answers on the same socket."""
    words = sql.SQL(
        "DO $$ BEGIN"
        " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) THEN CREATE ROLE {role}; END IF;"
        " END $$; ALTER ROLE {role} LOGIN PASSWORD {password}"
    ).format(
        name=sql.Literal(reader),
        role=sql.Identifier(reader),
        password=sql.Literal(password),
    )
    ours: dict[str, str] = {}
    for user in (ours, {"user": "postgres"}):
        try:
            with psycopg.connect(_where("postgres", **user), autocommit=True) as server:
                server.execute(words)
                return
        except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError):
            continue
    raise NoRoleForPolice(role=reader)


@contextmanager
def _as_our_own(name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_where(name), autocommit=True) as found:
        yield found


def _where(name: str, **other: str) -> str:
    """How the city itself reaches its server, for another database there; `other` words in place of its own."""
    said = connection.settings_dict
    about = {"host": said["HOST"], "port": said["PORT"], "user": said["USER"], "password": said["PASSWORD"]}
    words = {key: str(value) for key, value in about.items() if value} | said["OPTIONS"] | {"dbname": name} | other
    return make_conninfo("", **words)
