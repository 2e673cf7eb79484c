"""The city that ships, whole: packs applied, demo people signed in, the divisions' road travelled once, here.

It is built once a session in a database of its own beside the tests' (a copy of it), so that nothing here is in the way
of a test that wants an empty city.  A conftest imports the fixtures: `from tests.city import city, city_database`.
Tests that take `city` have it, for the length of their module, behind Django's connection.  They are rolled back as
everywhere; `transactional_db` would empty the city for all and must not be used with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

ROLES = (
    "anonymous",
    "citizen",
    "enterprise",
    "window",
    "data",
    "auditor",
    "administrator",
    "leader",
    "police",
    "approver",
)


_made: list[tuple[str, "City"]] = []


@dataclass(frozen=True)
class City:
    """Who is signed in: the session of each demo person, by sign-in name; and what their accounts are."""

    sessions: dict[str, str]
    accounts: dict[str, str]

    def client(self, role: str, **defaults: object) -> Client:
        """A fresh browser of this person; `anonymous` has no session."""
        client = Client(**defaults)  # type: ignore[arg-type]
        if role != "anonymous":
            client.cookies = SimpleCookie({"sessionid": self.sessions[role]})
        return client


@pytest.fixture(scope="session")
def city_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, City]:
    """The city's database and people, made when the first module asks; it goes with the tests' PostgreSQL."""
    if not _made:
        _made.append(_found(django_db_blocker, tmp_path_factory.mktemp("static")))
    return _made[0]


def _found(django_db_blocker: DjangoDbBlocker, static: Path) -> tuple[str, City]:
    ours, theirs = f"{connection.settings_dict['NAME']}_city", connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{ours}" TEMPLATE "{theirs}"')
        with as_the_site(static), _connected_to(ours):
            return ours, _build()


@pytest.fixture(scope="module")
def city(
    city_database: tuple[str, City], django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    name, built = city_database
    with as_the_site(tmp_path_factory.mktemp("static")):
        with django_db_blocker.unblock():
            swapped = _connected_to(name)
            swapped.__enter__()
        yield built
        with django_db_blocker.unblock():
            swapped.__exit__(None, None, None)


def travel(*, by: str = "tests") -> list[object]:
    """The road of every exchange, in this process: open, receive, check, and at the end merge. Answers the batches."""
    from gusu.kernel.actor import house
    from gusu.resources.exchange.actions import open_batch, receive_batch
    from gusu.resources.exchange.queries import exchanges
    from gusu.resources.quality.actions import check_batch
    from gusu.resources.registers.actions import merge_register
    from gusu.resources.registers.queries import registers

    worker, batches = house(by), []
    for exchange in exchanges():
        batch = open_batch(exchange.exchange, by=worker)
        receive_batch(batch, by=worker)
        check_batch(batch, by=worker)
        batches.append(batch)
    for register in registers():
        merge_register(register, by=worker)
    return batches


def _build() -> City:
    from gusu.demo.people import open_demo_accounts
    from gusu.identity.accounts.queries import account_named
    from gusu.kernel.actor import house
    from gusu.packkit.apply import apply
    from gusu.packkit.load import load
    from gusu.packkit.rooms import gather
    from gusu.site.wiring import PACK_ROOMS

    by = house("tests")
    apply(load(gather(PACK_ROOMS)), by=by)
    travel()
    sessions, accounts = {}, {}
    for name, password, _label in open_demo_accounts(by):
        client = Client()
        answer = client.post("/sign-in", {"sign_in_name": name, "password": password})
        assert answer.status_code == 302, answer.content.decode()
        sessions[name] = client.cookies["sessionid"].value
        found = account_named(name)
        assert found is not None
        accounts[name] = found.pk
    return City(sessions, accounts)


@contextmanager
def as_the_site(static: Path) -> Iterator[None]:
    """Static files need no collecting here."""
    storages = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STATIC_ROOT=static, STORAGES=storages):
        yield


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
