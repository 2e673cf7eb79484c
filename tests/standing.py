"""A city that is dear to build: built once for the tests of a file, and for each of them as it was built.

Its transactions really commit, as with `committed`.  What a test can change is put back before the next: the city's
database and its departments' from a copy beside each, the lake, the departments' folder and the keys from a copy too.

A file says what is built, by a module's fixture, and a test's fixture puts it back:

    @pytest.fixture(scope="module")
    def standing(stand: Stand) -> Iterator[Standing]:
        with stand(lambda: built(PEOPLE)) as standing:
            yield standing

    @pytest.fixture
    def city(db: None, standing: Standing) -> Iterator[None]:
        with standing.as_built():
            yield
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import override_settings
from django.utils import translation
from psycopg import sql
from pytest_django import DjangoDbBlocker

Stand = Callable[[Callable[[], AbstractContextManager[object]]], AbstractContextManager["Standing"]]
KEPT = "kept_"  # what the copies of databases are called, before their name


@dataclass
class Standing:
    """A city that was built. name: of its database; folder: its lake and keys, and the copies; built: what the block
    that built it gave.
    """

    name: str
    folder: Path
    built: Any = None

    @contextmanager
    def as_built(self) -> Iterator[Any]:
        """The city behind Django's connections, and everything of it as it was built."""
        with _of_its_own(self.folder), _connected_to(self.name):
            self._put_back()
            yield self.built

    def keep(self) -> None:
        connection.close()
        for name in _databases(self.name):
            _copied(name, f"{KEPT}{name}")
        for place, copy in self._folders():
            if place.exists():
                shutil.copytree(place, copy)

    def let_go(self) -> None:
        for name in [*_databases(self.name), *_databases(f"{KEPT}{self.name}")]:
            _dropped(name)

    def _put_back(self) -> None:
        for name in _databases(self.name):
            _copied(f"{KEPT}{name}", name)
        for place, copy in self._folders():
            shutil.rmtree(place, ignore_errors=True)
            if copy.exists():
                shutil.copytree(copy, place)

    def _folders(self) -> Iterator[tuple[Path, Path]]:
        for place in (self.folder / "lake", self.folder / "keys", Path(settings.DATA) / "departments"):
            yield place, self.folder / "kept" / place.name


@pytest.fixture(scope="module")
def stand(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """Builds, by the given block, in a database of its own; what the block keeps running runs to the file's end."""

    @contextmanager
    def standing(build: Callable[[], AbstractContextManager[object]]) -> Iterator[Standing]:
        tests = str(connection.settings_dict["NAME"])
        folder = tmp_path_factory.mktemp("standing")
        here = Standing(f"{tests}_{folder.name}", folder)  # a file may have several
        with django_db_blocker.unblock(), ExitStack() as until_the_end:
            connection.close()
            _copied(tests, here.name)
            until_the_end.callback(here.let_go)
            with translation.override("zh-hans"), _of_its_own(folder), _connected_to(here.name):
                here.built = until_the_end.enter_context(build())
                here.keep()
            with django_db_blocker.block():
                yield here

    return standing


@contextmanager
def _of_its_own(folder: Path) -> Iterator[None]:
    """A lake and keys."""
    from gusu.kernel.crypto import keys

    with pytest.MonkeyPatch.context() as patch, override_settings(LAKE=str(folder / "lake")):
        patch.setenv("GUSU_KEYS", str(folder / "keys"))
        keys._derived.cache_clear()
        yield
    keys._derived.cache_clear()


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    """This database behind Django's connections, other threads' too; the test's own connection is set aside."""
    aside, named = connections["default"], connections.settings["default"]
    before, named["NAME"] = named["NAME"], name
    connections["default"] = aside.copy()
    connections["default"].settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connections["default"], named["NAME"] = aside, before


def _databases(name: str) -> list[str]:
    """The city's, and those that its departments have beside it."""
    with _server() as server:
        found = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [name])
        return [database for (database,) in found]


def _copied(one: str, other: str) -> None:
    """other: what it was before is gone."""
    _dropped(other)
    with _server() as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(other), sql.Identifier(one)
            )
        )


def _dropped(name: str) -> None:
    """Sessions about to end are waited for."""
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    words = {**connection.get_connection_params(), "dbname": "postgres"}
    words = {name: words[name] for name in ("dbname", "host", "user", "port", "password") if words.get(name)}
    with psycopg.connect(**words, autocommit=True) as server:
        yield server
