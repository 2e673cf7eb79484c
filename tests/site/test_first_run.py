"""The first start of a demonstration and of a real city."""

import pytest
from pytest_django import Settings

from gusu.demo.people import people
from gusu.identity.accounts import queries as accounts
from gusu.site.first_run import prepare

pytestmark = pytest.mark.django_db


def test_a_demonstration_shows_its_people_at_every_start(settings: Settings) -> None:
    settings.DEMO = True

    first, second = prepare(0, lambda _: None), prepare(0, lambda _: None)

    assert first == second
    assert len(first) == accounts.demo_accounts().count() == len(people())


def test_a_real_city_has_no_invented_people_and_shows_its_first_administrator_once(settings: Settings) -> None:
    settings.DEMO = True
    prepare(0, lambda _: None)
    settings.DEMO = False

    first, second = prepare(0, lambda _: None), prepare(0, lambda _: None)

    assert accounts.demo_accounts().count() == 0
    assert [line.split()[0] for line in first] == ["first-administrator"]
    assert second == []
    administrator = accounts.account_named("first-administrator")
    assert administrator is not None
    assert administrator.must_change_password


def test_only_the_first_start_opens_first_batches(settings: Settings) -> None:
    said: list[str] = []

    prepare(0, said.append)
    before = len(said)
    prepare(0, said.append)

    assert [line for line in said[:before] if "first batch" in line] != []
    assert [line for line in said[before:] if "first batch" in line] == []
