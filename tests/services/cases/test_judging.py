"""A rule's judgement: by what the register knows, or not at all."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gusu.kernel.calendar.rules import full_years
from gusu.kernel.packs import Label
from gusu.kernel.text import Text
from gusu.resources.subjects.facts import Fact, Said
from gusu.services.cases.judging import judged
from gusu.services.cases.spec import Condition

ON = date(2026, 11, 24)
WHY = Label(zh="未满", en="too young")
OLD = Condition(element="born", years_at_least=65, otherwise=WHY)
YOUNG = Condition(element="born", years_below=14, otherwise=WHY)
HERE = Condition(element="state", is_one_of=["0"], otherwise=WHY)
CITY = Condition(element="division", begins_with=["3205"], otherwise=WHY)
ALIVE = Condition(element="died", is_unknown=True, otherwise=WHY)


def known(element: str, value: str) -> Fact:
    return Fact(element, "known", Said("police", Text("公安", "police"), value, 1, 1, None))


def facts(born: str = "1950-01-01") -> dict[str, Fact]:
    return {
        "born": known("born", born),
        "state": known("state", "0"),
        "division": known("division", "320508001000"),
        "died": Fact("died", "unknown"),
    }


def test_all_that_holds_grants() -> None:
    assert judged([OLD, HERE, CITY, ALIVE], facts(), on=ON).granted is True


def test_without_a_rule_a_person_decides() -> None:
    assert judged([], facts(), on=ON).granted is None


@pytest.mark.parametrize(("born", "granted"), [("1961-11-24", True), ("1961-11-25", False), ("1961-11-23", True)])
def test_the_birthday_itself_completes_the_year(born: str, granted: bool) -> None:
    assert judged([OLD], facts(born), on=ON).granted is granted


@pytest.mark.parametrize(("born", "granted"), [("2012-11-24", False), ("2012-11-25", True)])
def test_below_ends_with_the_birthday(born: str, granted: bool) -> None:
    assert judged([YOUNG], facts(born), on=ON).granted is granted


def test_every_reason_is_given_at_once() -> None:
    found = judged([OLD, HERE], facts("1990-01-01") | {"state": known("state", "1")}, on=ON)

    assert (found.granted, found.reasons) == (False, (WHY.text, WHY.text))


@pytest.mark.parametrize("state", ["unknown", "withheld", "unavailable"])
def test_what_the_register_does_not_know_leaves_it_to_a_person(state: str) -> None:
    found = judged([OLD, HERE], facts() | {"born": Fact("born", state)}, on=ON)  # type: ignore[arg-type]

    assert (found.granted, found.open) == (None, ("born",))


@pytest.mark.parametrize("state", ["withheld", "unavailable"])
def test_a_death_nobody_may_look_up_is_not_taken_for_life(state: str) -> None:
    assert judged([ALIVE], {"died": Fact("died", state)}, on=ON).granted is None  # type: ignore[arg-type]
    assert judged([ALIVE], {}, on=ON).granted is None
    assert judged([ALIVE], {"died": known("died", "2026-01-01")}, on=ON).granted is False


def test_a_certain_refusal_is_not_kept_open_by_what_is_unclear() -> None:
    assert judged([OLD, HERE], facts("1990-01-01") | {"state": Fact("state", "withheld")}, on=ON).granted is False


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 120 * 366))
def test_years_are_those_of_a_calendar_walked_birthday_by_birthday(born: date, days: int) -> None:
    on = born + timedelta(days=days)

    birthdays = sum(
        1 for year in range(born.year + 1, on.year + 1) if (year, born.month, born.day) <= (on.year, on.month, on.day)
    )
    assert full_years(born, on) == birthdays
