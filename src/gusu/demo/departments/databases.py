"""The databases that departments have of their own, beside the city's, and who may come in."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_urlsafe

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gusu.demo.departments.errors import NoRole


def name_of(department: str) -> str:
    return f"{connection.settings_dict['NAME']}_{department}"


def founded(department: str) -> None:
    """A new, empty database in place of any there was."""
    name = sql.Identifier(name_of(department))
    with _as_our_own("postgres") as server:
        gone = sql.SQL("DROP DATABASE IF EXISTS {}").format(name)
        try:  # waits for sessions about to end, and sends a vacuum away: FORCE may not, of who is no superuser
            server.execute(gone)
        except psycopg.errors.ObjectInUse:
            server.execute(sql.SQL("{} WITH (FORCE)").format(gone))
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))


def role_of(department: str, part: str) -> sql.Identifier:
    """The role that plays a part in a department's database: `reader`, `writer`."""
    return sql.Identifier(f"{name_of(department)}_{part}")


def let_in(department: str, part: str) -> str:
    """Who plays that part, with a new password; answers their connection string.  NoRole."""
    role, password = f"{name_of(department)}_{part}", token_urlsafe(24)
    _let(role, password)
    return _where(name_of(department), user=role, password=password)


@contextmanager
def opened(department: str) -> Iterator[psycopg.Connection]:
    """A connection to a department's database as its owner."""
    with _as_our_own(name_of(department)) as found:
        yield found


def _let(role: str, password: str) -> None:
    """The role, its password and nothing more. Our own role may not make roles in the database that comes along: there
    the one that may answers on the same socket."""
    words = sql.SQL(
        "DO $$ BEGIN"
        " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) THEN CREATE ROLE {role}; END IF;"
        " END $$; ALTER ROLE {role} LOGIN PASSWORD {password}"
    ).format(
        name=sql.Literal(role),
        role=sql.Identifier(role),
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
    raise NoRole(role=role)


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
