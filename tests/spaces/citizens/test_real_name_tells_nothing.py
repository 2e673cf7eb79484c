"""Whoever tries numbers and names learns nothing: not by the words, not by the work, not by when they are stopped."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.city import as_the_site
from tests.services.cases.riders import MOTHER, NOBODY, SILENT, found_town
from tests.spaces.citizens.people import Person, person
from tests.spaces.citizens.test_applying import faults

from gusu.kernel import clock
from gusu.kernel.audit.models import AuditLine
from gusu.spaces.citizens.real_name import NotRecognised

WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
RIGHT = {"person.id_number": MOTHER.number, "person.name": MOTHER.name, "person.phone": MOTHER.phone}
WRONG = {
    "a number nobody has": RIGHT | {"person.id_number": NOBODY},
    "another's name": RIGHT | {"person.name": SILENT.name},
    "nobody's name": RIGHT | {"person.name": "无此人"},
    "another telephone": RIGHT | {"person.phone": "13800000000"},
    "another's number": RIGHT | {"person.id_number": SILENT.number},
}


@pytest.fixture(autouse=True)
def town(committed: None, tmp_path: Path) -> Iterator[None]:
    with as_the_site(tmp_path):
        found_town(tmp_path)
        assert tried(person("first"), RIGHT) == 302  # from now on the engine is there and declarations are read
        yield


def tried(who: Person, typed: dict[str, str]) -> int:
    return who.client.post("/citizen/real-name", typed).status_code


def heard(who: Person, typed: dict[str, str]) -> tuple[int, str, list[str]]:
    """(status, the page without its one-time codes, names of the headers)."""
    answer = who.client.post("/citizen/real-name", typed)
    seen = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", answer.content.decode())
    return answer.status_code, seen, sorted(answer.headers)


def worked(who: Person, typed: dict[str, str]) -> list[str]:
    """The statements that a try asks of the database, without the values in them."""
    with CaptureQueriesContext(connection) as asked:
        assert tried(who, typed) == 422
    return [re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", query["sql"]) for query in asked.captured_queries]


def everybody_tries() -> Iterator[tuple[Person, dict[str, str]]]:
    """Every wrong try, by people who have not tried too often and no longer for the first time."""
    for place, typed in enumerate(WRONG.values()):
        if place % 3 == 0:
            who = person(f"rider{place}")
            assert tried(who, RIGHT | {"person.id_number": NOBODY}) == 422
        yield who, typed


def test_every_wrong_try_is_answered_by_the_same_page() -> None:
    named = re.compile(r"rider\d(?:先生)?")

    answers = [heard(who, typed) for who, typed in everybody_tries()]

    pages = {named.sub("", seen) for _, seen, _ in answers}
    assert ({status for status, *_ in answers}, len(pages)) == ({422}, 1)
    assert len({str(headers) for *_, headers in answers}) == 1
    assert list(faults(pages.pop()).values()) == [str(NotRecognised.says.en)]
    assert [value in answers[0][1] for value in RIGHT.values()] == [False] * 3


def test_every_wrong_try_is_the_same_work() -> None:
    asked = [worked(who, typed) for who, typed in everybody_tries()]

    assert [statements == asked[0] for statements in asked] == [True] * len(WRONG)
    counted = [statement for statement in asked[0] if "INSERT INTO identity_tally" in statement]
    assert len(counted) == 2  # of the account, and for the number


def test_a_wrong_try_leaves_a_line_that_names_neither_person_nor_value() -> None:
    for who, typed in everybody_tries():
        before = AuditLine.objects.latest("pk").pk
        tried(who, typed)

        [line] = AuditLine.objects.filter(pk__gt=before)
        assert (line.verb, line.subject_id, line.detail) == ("subjects.recognised", "", {"found": False})
        assert (line.actor, line.purpose) == (who.actor.account, "real_name")


@pytest.mark.parametrize("name", ["a number nobody has", "another's name"])
def test_an_account_tries_five_times_whatever_it_tries(name: str) -> None:
    who = person()

    assert [tried(who, WRONG[name]) for _ in range(7)] == [422] * 5 + [429] * 2
    assert tried(who, RIGHT) == 429  # also when it is right in the end: nobody guesses on

    assert AuditLine.objects.filter(verb="accounts.bind_subject", code="too_many_tries").count() == 1
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert tried(who, WRONG[name]) == 422


def test_what_is_missing_or_no_number_is_no_try_and_the_register_is_not_asked() -> None:
    who, spoilt = person(), f"{MOTHER.number[:-1]}0"
    before = AuditLine.objects.count()

    told = [tried(who, typed) for typed in ({}, RIGHT | {"person.name": ""}, RIGHT | {"person.id_number": spoilt}) * 4]

    assert (told, AuditLine.objects.count()) == ([422] * 12, before)
    assert tried(who, WRONG["nobody's name"]) == 422


@pytest.mark.parametrize("number", [MOTHER.number, NOBODY], ids=["somebody's", "nobody's"])
def test_a_number_is_tried_ten_times_a_day_whoever_tries_it_and_however_it_is_written(number: str) -> None:
    written = [number, " ".join(number), f"{number[:6]}-{number[6:]}", number.translate(WIDE)]
    people = [person(f"rider{place}") for place in range(3)]

    tries = [
        tried(people[place // 4], WRONG["nobody's name"] | {"person.id_number": written[place % 4]})
        for place in range(11)
    ]

    assert tries == [422] * 10 + [429]
    with clock.frozen(clock.now() + timedelta(days=1, minutes=1)):
        assert tried(people[0], WRONG["nobody's name"] | {"person.id_number": number}) == 422


def test_tries_at_one_number_do_not_count_against_another() -> None:
    people = [person(f"rider{place}") for place in range(3)]
    for place in range(10):
        tried(people[place // 4], RIGHT | {"person.id_number": NOBODY})

    assert tried(people[2], RIGHT | {"person.id_number": NOBODY}) == 429
    assert tried(people[2], RIGHT) == 409  # somebody has bound it: told only to whoever knows everything
