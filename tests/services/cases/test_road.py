"""A case from the draft to the department's table and back into the register, on departments' own systems."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.departments import departments
from tests.resources.road import BY
from tests.resources.subjects.test_thread import FEEDING, take_in
from tests.standing import Stand, Standing, stand

from gusu.demo.departments import databases
from gusu.demo.departments.cast import Player, cast
from gusu.kernel.actor import Actor
from gusu.kernel.audit.models import AuditLine
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import deliver_outcomes
from gusu.resources.exchange.queries import return_of
from gusu.resources.subjects.queries import facts_about, subject_id, wards_of
from gusu.services.cases import actions, queries
from gusu.services.cases.models import Case, State
from gusu.services.forms import queries as forms
from gusu.services.forms.answers import LockedField, RegisterChanged
from gusu.services.licences import queries as licences
from gusu.site.wiring import PACK_ROOMS

__all__ = ["stand"]

PEOPLE = 3_000
REGISTER = "population"
OFFICER = Actor("acc1-OFFICER", organisation="public_security", permissions=frozenset({"cases.handle"}))
APPROVER = Actor(
    "acc1-APPROVER", organisation="public_security", permissions=frozenset({"cases.handle", "cases.decide"})
)


def citizen(player: Player | None) -> Actor:
    assert player is not None
    subject = subject_id(REGISTER, player.number)
    return Actor(f"acc1-{subject}", permissions=frozenset({"kind.citizen"}), subject=subject, assurance=3)


@contextmanager
def built() -> Iterator[None]:
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE):
        take_in(FEEDING)
        yield


@pytest.fixture(scope="module")
def standing(stand: Stand) -> Iterator[Standing]:
    with stand(built) as standing:
        yield standing


@pytest.fixture
def city(db: None, standing: Standing) -> Iterator[None]:
    with standing.as_built():
        yield


def applied(item: str, by: Actor, typed: dict[str, str] | None = None, *, subject: str = "") -> Case:
    case = actions.open_case(item, subject=subject or by.subject, by=by)
    return actions.submit_case(case, typed or {}, seen=code_of(case, by), by=by)


def code_of(case: Case, by: Actor) -> str:
    kept = queries.pinned(case)
    facts = forms.prefilled(kept.form, case.subject, by=queries.asker(kept, by))
    return forms.seen(kept.form, case.subject, facts)


def verbs(case: Case) -> list[str]:
    return [line.verb for line in queries.history(case)]


def test_a_worker_types_only_the_purpose_and_the_outcome_comes_back_by_the_ordinary_road(city: None) -> None:
    worker = citizen(cast().worker)
    case = actions.open_case("residence_permit", subject=worker.subject, by=worker)
    kept = queries.pinned(case)
    facts = forms.prefilled(kept.form, worker.subject, by=queries.asker(kept, worker))
    fields = [field for step in forms.asked(kept.form, facts, {}, forms.words_of(kept.form)) for field in step.shown]
    assert [field.field.element for field in fields if not field.locked] == ["residence_permit.purpose"]
    assert len(fields) == 14

    case = applied("residence_permit", worker, {"residence_permit.purpose": "job"})
    assert case.state == State.SUBMITTED
    case = actions.receive_case(case, by=OFFICER)
    case = actions.accept_case(case, by=OFFICER)
    case = actions.review_case(case, opinion="情况属实", by=OFFICER)
    case = actions.decide_case(case, granted=True, by=APPROVER)
    assert actions.issue_licence(case, by=BY)
    assert not actions.issue_licence(case, by=BY)
    case.refresh_from_db()
    assert case.state == State.ISSUED
    issued = licences.licence_of_case(case.pk)
    assert issued is not None

    assert deliver_outcomes(return_of("residence_permits"), by=BY)
    with databases.opened("police") as police:
        rows = police.execute('SELECT "JZZH", "XM", "JZSY", "BJBH" FROM huji.jzz').fetchall()
    told = queries.handed_in(case, by=worker)
    assert rows == [(issued.number, told["person.name"].value, "job", case.number)]

    take_in(["residence_permits"])
    learned = facts_about(REGISTER, worker.subject, ["person.residence_permit"], purpose="own_data", by=worker)
    assert learned["person.residence_permit"].value == issued.number


def test_an_elders_card_is_decided_by_the_rule_at_once(city: None) -> None:
    elder = citizen(cast().elder)

    case = applied("senior_citizen_card", elder)

    assert (case.state, case.granted) == (State.DECIDED, True)
    assert verbs(case) == ["submit_case", "accept_case", "review_case", "decide_case"]
    actions.issue_licence(case, by=BY)
    issued = licences.licence_of_case(case.pk)
    assert issued is not None
    pdf = licences.document(issued, by=elder)
    assert pdf.startswith(b"%PDF")
    assert licences.validity_of(issued) == "valid"


def test_somebody_younger_is_refused_with_the_reason(city: None) -> None:
    case = applied("senior_citizen_card", citizen(cast().mother))

    assert (case.state, case.granted) == (State.REFUSED, False)
    assert [reason["zh"] for reason in queries.history(case)[-1].detail["reasons"]] == ["未满六十五周岁"]


def test_a_mother_applies_for_her_child_and_for_nobody_elses(city: None) -> None:
    mother, child, elder = citizen(cast().mother), citizen(cast().child), citizen(cast().elder)
    asker = Actor(mother.account, organisation="transport", subject=mother.subject)

    assert child.subject in wards_of(REGISTER, mother.subject, by=asker)
    assert applied("child_travel_card", mother, subject=child.subject).granted is True
    with pytest.raises(actions.NotYourWard):
        actions.open_case("child_travel_card", subject=elder.subject, by=mother)
    looked = AuditLine.objects.filter(verb="cases.open_case", code="not_your_ward").get()
    assert (looked.subject_id, looked.purpose) == (elder.subject, "guardianship")  # the elder sees who tried
    with pytest.raises(actions.NotYourWard):
        actions.open_case("child_travel_card", subject=mother.subject, by=child)


def test_a_forged_locked_field_is_refused_and_leaves_a_line(city: None) -> None:
    worker = citizen(cast().worker)
    case = actions.open_case("residence_permit", subject=worker.subject, by=worker)
    typed = {"residence_permit.purpose": "job", "person.address": "别处"}

    with pytest.raises(LockedField):
        actions.submit_case(case, typed, seen=code_of(case, worker), by=worker)

    line = AuditLine.objects.filter(verb="cases.submit_case").get()
    assert (line.outcome, line.code, line.subject_id) == ("refused", "locked_field", case.pk)
    assert "别处" not in str(line.detail)
    case.refresh_from_db()
    assert (case.state, case.number) == (State.DRAFT, None)


def test_a_page_shown_before_the_register_changed_is_shown_again(city: None) -> None:
    worker = citizen(cast().worker)
    case = actions.open_case("residence_permit", subject=worker.subject, by=worker)

    with pytest.raises(RegisterChanged):
        actions.submit_case(case, {"residence_permit.purpose": "job"}, seen="1.an-older-page", by=worker)


def test_a_submission_that_comes_twice_is_one_case(city: None) -> None:
    worker = citizen(cast().worker)
    case = actions.open_case("residence_permit", subject=worker.subject, by=worker)
    seen, typed = code_of(case, worker), {"residence_permit.purpose": "job"}

    first = actions.submit_case(case, typed, seen=seen, by=worker)
    second = actions.submit_case(case, typed, seen=seen, by=worker)

    assert (first.pk, first.number) == (second.pk, second.number)
    assert Case.objects.count() == 1
    assert verbs(first) == ["submit_case"]


def test_an_away_department_leaves_the_case_issued_until_it_is_back(city: None) -> None:
    elder = citizen(cast().elder)
    case = applied("senior_citizen_card", elder)
    actions.issue_licence(case, by=BY)
    with databases.opened("civil_affairs") as cards:
        cards.execute("ALTER TABLE minzheng.ylz RENAME TO away")
    deliver_outcomes(return_of("senior_cards"), by=BY)
    case.refresh_from_db()
    assert case.state == State.ISSUED
    assert return_of("senior_cards").trouble_code

    with databases.opened("civil_affairs") as cards:
        cards.execute("ALTER TABLE minzheng.away RENAME TO ylz")
    assert deliver_outcomes(return_of("senior_cards"), by=BY)
    with databases.opened("civil_affairs") as cards:
        assert cards.execute("SELECT count(*) FROM minzheng.ylz").fetchall() == [(1,)]
