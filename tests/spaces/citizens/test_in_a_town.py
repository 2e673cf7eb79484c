"""What the pages say of values that a register has, and of what somebody types wrong, in the small office's town."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.city import as_the_site
from tests.services.cases.office import REGISTER
from tests.services.cases.riders import MOTHER, NOBODY, found_town
from tests.spaces.citizens.people import Person, person, place
from tests.spaces.citizens.test_applying import begun, faults

from gusu.kernel.audit.models import AuditLine

RIGHT = {"person.id_number": MOTHER.number, "person.name": MOTHER.name, "person.phone": MOTHER.phone}


@pytest.fixture(autouse=True)
def town(committed: None, tmp_path: Path) -> Iterator[None]:
    with as_the_site(tmp_path):
        found_town(tmp_path)
        yield


def mother() -> Person:
    return person("mother", subject=MOTHER.subject)


def test_a_locked_value_says_who_says_it_and_since_when_and_no_rule_of_the_register() -> None:
    who = mother()

    seen = who.page(place(begun(who), "form"))

    assert "List, received on " in seen
    assert [rule in seen for rule in ("only source", "newest of", "most trusted")] == [False] * 3


def test_an_empty_check_names_every_field_and_one_mistyped_number_only_itself() -> None:
    who = person()
    wrong = RIGHT | {"person.id_number": f"{MOTHER.number[:-1]}1"}

    empty = who.sent("/citizen/real-name", 422)
    spoilt = who.sent("/citizen/real-name", 422, **wrong)

    assert faults(empty) == {
        "person.id_number": "Enter: words",
        "person.name": "Enter: Name",
        "person.phone": "Enter: Telephone",
    }
    assert faults(spoilt) == {"person.id_number": "words: incomplete or mistyped; compare it digit by digit"}
    assert ('id="person.id_number-error"' in spoilt, 'id="person.name-error"' in spoilt) == (True, False)
    kept = [f'value="{value}"' in spoilt for value in (MOTHER.name, wrong["person.id_number"], MOTHER.phone)]
    assert kept == [True, False, False]


def test_what_is_mistyped_is_told_alike_of_everybodys_number_and_uses_up_no_try() -> None:
    who = person()
    before = AuditLine.objects.count()

    told = {
        str(faults(who.sent("/citizen/real-name", 422, **RIGHT | {"person.id_number": f"{number[:-1]}0"})))
        for number in (MOTHER.number, NOBODY) * 4
    }

    assert (len(told), AuditLine.objects.count()) == (1, before)
    assert who.sent("/citizen/real-name", **RIGHT) == "/citizen"


def test_a_number_may_be_typed_with_hyphens_or_blanks() -> None:
    written = f"{MOTHER.number[:6]}-{MOTHER.number[6:14]} {MOTHER.number[14:]}"

    assert person().sent("/citizen/real-name", **RIGHT | {"person.id_number": written}) == "/citizen"


def test_an_objection_without_words_names_what_is_missing() -> None:
    seen = mother().sent(f"/citizen/data/{REGISTER}/person.name/riders/objection", 422, right="", reason=" ")

    assert faults(seen) == {"right": "Say what would be right", "reason": "Say why it is wrong"}
    assert html.unescape(seen).count("Say what would be right") >= 2  # above, and beside the field
