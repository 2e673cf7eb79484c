"""Public security's own PostgreSQL: the household register (`rk`, `hu`), pinyin columns, codes of GB/T 2261, 3304, 4658
and 4761; who lives here and is registered elsewhere (`jzdj`); and the residence permits that we write (`jzz`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj

import psycopg
from psycopg import sql

from gusu.demo.departments import databases, defects, registrations
from gusu.demo.departments.defects import CODE
from gusu.demo.departments.systems import POLICE

NAME = "police"
COLUMNS = (
    *("RYBH", "GMSFHM", "XM", "CYM", "XB", "CSRQ", "MZ", "JGSSX", "HH", "YHZGX", "HYZK", "WHCD", "ZY", "ZZ", "XZQH"),
    *("ZXBS", "GXSJ"),
)
PERMITS = """
CREATE TABLE huji.jzz (
  "JZZH" text PRIMARY KEY, "GMSFHM" text NOT NULL, "XM" text NOT NULL, "JZDZ" text, "JZSY" text, "QFRQ" date NOT NULL,
  "YXQZ" date, "BJBH" text NOT NULL UNIQUE, "GXSJ" timestamptz NOT NULL DEFAULT now());
"""
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


def founded() -> dict[str, str]:
    """A new, empty database in place of any there was, and who may come in; answers the strings of `reader`, who may
    read, and `writer`, who may write permits and no more.  NoRole.
    """
    databases.founded(NAME)
    return {part: databases.let_in(NAME, part) for part in ("reader", "writer")}


def fill(rk: Path, hu: Path, jzdj: Path) -> None:
    """Make the tables and load them in one transaction (which spares a second writing), from files in PostgreSQL's text
    form; permits there are none yet."""
    with opened() as police, police.transaction():
        police.execute(schema())
        for table, file in (("rk", rk), ("hu", hu), ("jzdj", jzdj)):
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


def schema() -> sql.Composed:
    """What makes the empty tables, and lets the reader and the writer at them."""
    return SCHEMA.format(**{part: databases.role_of(NAME, part) for part in ("reader", "writer")})


@contextmanager
def opened() -> Iterator[psycopg.Connection]:
    """A connection to the police's database as its owner."""
    with databases.opened(NAME) as police:
        yield police


SCHEMA = sql.SQL(
    "CREATE SCHEMA huji;"
    + f'CREATE TABLE huji.rk ({_texts(COLUMNS[:-1])}, "GXSJ" timestamptz);'
    + f"CREATE TABLE huji.hu ({_texts(HOUSEHOLD)});"
    + f'CREATE TABLE huji.jzdj ({_texts(registrations.COLUMNS[:-1])}, "GXSJ" timestamptz);'
    + PERMITS
    + "COMMENT ON SCHEMA huji IS '演示数据';"
    + "GRANT USAGE ON SCHEMA huji TO {reader}, {writer}; GRANT SELECT ON ALL TABLES IN SCHEMA huji TO {reader};"
    + "GRANT SELECT, INSERT, UPDATE ON huji.jzz TO {writer}"
)
KEYS = (
    'ALTER TABLE huji.rk ADD PRIMARY KEY ("RYBH"); ALTER TABLE huji.hu ADD PRIMARY KEY ("HH");'
    'ALTER TABLE huji.jzdj ADD PRIMARY KEY ("DJBH");'
    'CREATE INDEX rk_gxsj ON huji.rk ("GXSJ", "RYBH"); ANALYZE huji.rk; ANALYZE huji.hu; ANALYZE huji.jzdj'
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
