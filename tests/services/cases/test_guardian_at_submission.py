"""Who may act for a child is asked when the draft is begun, and once more when it is handed in."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.services.cases import office
from tests.services.cases.riders import CHILD, EVERYBODY, MOTHER, SILENT, Rider, Town, found_town

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.models import AuditLine
from gusu.resources.subjects.actions import erase_subject
from gusu.resources.subjects.models import BaseRegister
from gusu.services.cases import actions, queries
from gusu.services.cases.models import Case, CaseAnswers, State
from gusu.services.forms import queries as forms

TYPED = {"bicycle.colour": "red"}
EIGHTEEN = date(2033, 6, 1)
ERASER = Actor("acc1-ERASER", permissions=frozenset({"subjects.erase"}))


@pytest.fixture
def town(committed: None, tmp_path: Path) -> Town:
    return found_town(tmp_path)


def begun() -> tuple[Case, str]:
    """The mother's draft for her child, and the code of the page she sees."""
    case = actions.open_case(office.ITEM, subject=CHILD.subject, by=MOTHER.actor)
    actions.save_case(case, TYPED, by=MOTHER.actor)
    kept = queries.pinned(case)
    facts = forms.prefilled(kept.form, case.subject, by=queries.asker(kept, MOTHER.actor))
    return case, forms.seen(kept.form, case.subject, facts)


def handed_in(case: Case, seen: str) -> Case:
    return actions.submit_case(case, TYPED, seen=seen, by=MOTHER.actor)


def listed(*changed: Rider) -> list[Rider]:
    numbers = {rider.number for rider in changed}
    return [*(rider for rider in EVERYBODY if rider.number not in numbers), *changed]


def of_age(town: Town) -> AbstractContextManager[None]:
    return clock.frozen(clock.at_noon(EIGHTEEN))


def moved_out(town: Town) -> AbstractContextManager[None]:
    town.deliver(listed(replace(CHILD, household="H2")))
    return nullcontext()


def mother_moved_out(town: Town) -> AbstractContextManager[None]:
    town.deliver(listed(replace(MOTHER, household="H3")))
    return nullcontext()


def no_longer_a_child_of_the_house(town: Town) -> AbstractContextManager[None]:
    town.deliver(listed(replace(CHILD, relation="97")))
    return nullcontext()


def mother_no_longer_listed(town: Town) -> AbstractContextManager[None]:
    town.deliver([CHILD, SILENT])
    return nullcontext()


def child_erased(town: Town) -> AbstractContextManager[None]:
    register = BaseRegister.objects.get(code=office.REGISTER)
    erase_subject(register, by=ERASER, subject=CHILD.subject, ground="law")
    return nullcontext()


CHANGES = [of_age, moved_out, mother_moved_out, no_longer_a_child_of_the_house, mother_no_longer_listed, child_erased]


def test_a_guardian_who_still_is_one_hands_in(town: Town) -> None:
    case = handed_in(*begun())

    assert (case.state, case.subject, case.account) == (State.SUBMITTED, CHILD.subject, MOTHER.actor.account)


def test_on_the_eve_of_the_eighteenth_birthday_a_child_is_still_a_ward(town: Town) -> None:
    case, seen = begun()

    with clock.frozen(clock.at_noon(date(2033, 5, 31))):
        assert handed_in(case, seen).state == State.SUBMITTED


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whoever_is_no_longer_the_guardian_hands_in_nothing_and_leaves_one_line(
    town: Town, change: Callable[[Town], AbstractContextManager[None]]
) -> None:
    case, seen = begun()

    with change(town):
        before = AuditLine.objects.latest("pk").pk
        with pytest.raises(actions.NotYourWard):
            handed_in(case, seen)

    case.refresh_from_db()
    assert (case.state, case.number, case.submitted_at, case.revision) == (State.DRAFT, None, None, 0)
    assert [row.revision for row in CaseAnswers.objects.all()] == [0]
    assert list(queries.history(case)) == []
    [line] = AuditLine.objects.filter(pk__gt=before)
    assert (line.verb, line.outcome, line.code) == ("cases.submit_case", "refused", "not_your_ward")
    assert (line.subject_kind, line.subject_id) == (f"resources.{office.REGISTER}", CHILD.subject)
    assert (line.purpose, line.actor) == ("guardianship", MOTHER.actor.account)


def test_a_correction_asks_for_the_guardian_too(town: Town) -> None:
    case, seen = begun()
    case = actions.receive_case(handed_in(case, seen), by=office.OFFICER)
    case = actions.return_case(case, office.MISSING, by=office.OFFICER)
    moved_out(town)

    with pytest.raises(actions.NotYourWard):
        handed_in(case, seen)

    case.refresh_from_db()
    assert (case.state, case.revision) == (State.RETURNED, 1)
    line = AuditLine.objects.filter(verb="cases.submit_case", outcome="refused").get()
    assert (line.code, line.subject_id, line.purpose) == ("not_your_ward", CHILD.subject, "guardianship")
