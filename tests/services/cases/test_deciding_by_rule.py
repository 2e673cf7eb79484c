"""An instant item is decided by what the register says, and never where the applicant had to say it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.services.cases import office
from tests.services.cases.riders import CHILD, ITEMS, MOTHER, OLD_ENOUGH, RIDING, SAID, SILENT, Rider, found_town, grant

from gusu.services.cases import queries
from gusu.services.cases.models import Case, State
from gusu.services.cases.spec import Condition
from gusu.services.forms.spec import Field, When

COLOUR = {"bicycle.colour": "red"}
PHONE = COLOUR | {"person.phone": "13800000000"}
TOO_YOUNG = [replace(OLD_ENOUGH, years_at_least=90)]
WITHOUT_PHONE = [Condition("person.phone", otherwise=SAID, is_unknown=True)]


def applied(rider: Rider, typed: Mapping[str, str] = COLOUR) -> Case:
    return office.submitted(rider.actor, typed)


def decided(case: Case) -> tuple[str, bool | None]:
    return case.state, case.granted


def test_what_the_register_knows_decides_at_once(committed: None, tmp_path: Path) -> None:
    found_town(tmp_path, granted_when=[OLD_ENOUGH])

    case = applied(SILENT)

    assert decided(case) == (State.DECIDED, True)
    assert [line.verb for line in queries.history(case)][1:] == ["accept_case", "review_case", "decide_case"]


@pytest.mark.parametrize("rule", [[OLD_ENOUGH], TOO_YOUNG, WITHOUT_PHONE], ids=["grants", "refuses", "asks for none"])
def test_a_value_typed_where_the_register_is_asked_leaves_the_case_to_a_person(
    committed: None, tmp_path: Path, rule: list[Condition]
) -> None:
    found_town(tmp_path, granted_when=rule)

    case = applied(SILENT, PHONE)

    assert decided(case) == (State.SUBMITTED, None)
    assert [line.verb for line in queries.history(case)] == ["submit_case"]
    given = queries.handed_in(case, by=office.OFFICER)["person.phone"]
    assert (given.value, given.given, given.state) == (PHONE["person.phone"], "applicant", "unknown")


def test_a_value_typed_because_nobody_may_look_it_up_leaves_the_case_to_a_person(
    committed: None, tmp_path: Path
) -> None:
    found_town(tmp_path, granted_when=[OLD_ENOUGH])
    grant([element for element in ITEMS if element not in ("person.id_number", "person.phone")])

    case = applied(MOTHER, PHONE)

    assert decided(case) == (State.SUBMITTED, None)
    assert queries.handed_in(case, by=office.OFFICER)["person.phone"].state == "withheld"


def test_what_is_typed_where_the_applicant_is_asked_does_not_bind_the_rule(committed: None, tmp_path: Path) -> None:
    """The rule asks the register itself: a birthday that was typed makes nobody older."""
    [step] = RIDING.steps
    fields = [replace(field, ask="applicant") if "birth" in field.element else field for field in step.fields]
    found_town(tmp_path, replace(RIDING, steps=[replace(step, fields=fields)]), granted_when=TOO_YOUNG)

    case = applied(SILENT, COLOUR | {"person.birth_date": "1901-01-01"})

    assert decided(case) == (State.REFUSED, False)


def test_what_was_posted_for_a_hidden_field_does_not_keep_the_rule_from_deciding(
    committed: None, tmp_path: Path
) -> None:
    [step] = RIDING.steps
    phone = Field("person.phone", when=When("bicycle.colour", ["blue"]))
    fields = [field for field in step.fields if field.element != "person.phone"]
    found_town(tmp_path, replace(RIDING, steps=[replace(step, fields=[*fields, phone])]), granted_when=[OLD_ENOUGH])

    hidden, shown = applied(SILENT, PHONE), applied(CHILD, PHONE | {"bicycle.colour": "blue"})

    assert decided(hidden) == (State.DECIDED, True)
    assert "person.phone" not in queries.handed_in(hidden, by=office.OFFICER)
    assert decided(shown) == (State.SUBMITTED, None)
