"""Civil affairs' own PostgreSQL: the senior citizens' cards (老年人优待证) that we write there."""

from psycopg import sql

from gusu.demo.departments import databases

NAME = "civil_affairs"
SCHEMA = sql.SQL("""
CREATE SCHEMA minzheng;
CREATE TABLE minzheng.ylz (
  "YLZH" text PRIMARY KEY, "GMSFHM" text NOT NULL, "XM" text NOT NULL, "QFRQ" date NOT NULL, "YXQZ" date,
  "BJBH" text NOT NULL UNIQUE, "GXSJ" timestamptz NOT NULL DEFAULT now());
COMMENT ON SCHEMA minzheng IS '演示数据';
GRANT USAGE ON SCHEMA minzheng TO {reader}, {writer};
GRANT SELECT ON minzheng.ylz TO {reader};
GRANT SELECT, INSERT, UPDATE ON minzheng.ylz TO {writer}
""")


def founded() -> dict[str, str]:
    """A new database with an empty table in place of any there was, and who may come in; answers the strings of
    `reader` and `writer`.  NoRole.
    """
    databases.founded(NAME)
    dsns = {part: databases.let_in(NAME, part) for part in ("reader", "writer")}
    with databases.opened(NAME) as cards:
        cards.execute(SCHEMA.format(**{part: databases.role_of(NAME, part) for part in dsns}))
    return dsns
