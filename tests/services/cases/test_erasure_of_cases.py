"""Whoever is erased from a register is erased from their cases and licences: by an event, a job, and once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.services.cases import office
from tests.services.cases.office import APPROVER, BY, OFFICER, REGISTER, TYPED

from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import lines
from gusu.kernel.errors import NotFound
from gusu.kernel.events import outbox
from gusu.kernel.events.models import OutboxEvent
from gusu.resources.subjects.actions import erase_subject
from gusu.resources.subjects.events import SubjectErased
from gusu.resources.subjects.models import BaseRegister
from gusu.services.cases import actions, jobs, queries
from gusu.services.cases.models import Case, CaseAnswers, CaseExtension, CaseFile, CaseLine, State
from gusu.services.licences import queries as licences
from gusu.services.licences.actions import revoke
from gusu.services.licences.models import Licence, LicenceLine

ERASER = Actor("acc1-ERASER", organisation="city", permissions=frozenset({"subjects.erase"}))
GONE, OTHER = office.citizen(1), office.citizen(2)
PDF = b"%PDF-1.7 a picture"
GUARDIAN = replace(GONE, account="acc1-GUARDIAN")


@pytest.fixture(autouse=True)
def town(db: None) -> None:
    office.found_office()
    office.issue_permits()


def erase(whom: Actor = GONE) -> None:
    """The register forgets them; the event finds its job, and the worker does it."""
    erase_subject(BaseRegister.objects.get(code=REGISTER), by=ERASER, subject=whom.subject, ground="law")
    for event in OutboxEvent.objects.filter(name=SubjectErased.name, delivered_at=None):
        outbox.deliver(event.pk)
    for queued in ProcrastinateJob.objects.filter(task_name=jobs.FORGET):
        jobs.forget(**queued.args)


def drafted(by: Actor) -> Case:
    case = office.opened(by)
    actions.attach_file(case, PDF, material=1, by=by)
    return actions.save_case(case, TYPED, by=by)


def refused(by: Actor) -> Case:
    """With everything a case can hold: answers, a file, a name, words, a reason for more time."""
    case = office.submitted(by)
    actions.attach_file(case, PDF, material=1, by=by)
    case = actions.accept_case(actions.receive_case(case, by=OFFICER), by=OFFICER)
    case = actions.extend_clock(case, days=2, reason="案情复杂", by=APPROVER)
    case = actions.review_case(case, opinion="情况属实", by=OFFICER)
    return actions.decide_case(case, granted=False, reason="不符合条件", by=APPROVER)


def kept_of(case: Case) -> dict[str, Any]:
    """Every row there is about a case."""
    tables = (CaseAnswers, CaseExtension, CaseFile, CaseLine)
    rows = {table.__name__: list(table.objects.filter(case=case).order_by("pk").values()) for table in tables}
    theirs = Licence.objects.filter(case=case.pk)
    return rows | {
        "Case": Case.objects.filter(pk=case.pk).values().get(),
        "Licence": list(theirs.values()),
        "LicenceLine": list(LicenceLine.objects.filter(licence__in=theirs).order_by("pk").values()),
    }


def words_of(case: Case) -> list[object]:
    """Everything personal that a case still holds."""
    case.refresh_from_db()
    said = [one for line in queries.history(case) for one in (line.said, line.detail) if one]
    reasons = [one.reason for one in queries.extensions(case) if one.reason]
    return [*case.answers.all(), *case.files.all(), *said, *reasons, *filter(None, [case.applicant_name])]


# Event and job


def test_an_erasure_is_told_and_queues_one_job_that_names_nobody() -> None:
    register = BaseRegister.objects.get(code=REGISTER)
    for whom in (GONE, OTHER, GONE):
        erase_subject(register, by=ERASER, subject=whom.subject, ground="law")
    for event in OutboxEvent.objects.filter(name=SubjectErased.name):
        outbox.deliver(event.pk)

    queued = ProcrastinateJob.objects.get(task_name=jobs.FORGET)

    assert queued.args == {"register": register.pk}


def test_nothing_is_forgotten_of_whoever_was_not_erased() -> None:
    theirs = [drafted(OTHER), office.issued(office.citizen(3)), refused(office.citizen(4))]
    before = [kept_of(case) for case in theirs]

    drafted(GONE)
    erase()

    assert [kept_of(case) for case in theirs] == before


def test_twice_is_as_once() -> None:
    every = [refused(GONE), office.issued(replace(GONE, account="acc1-SECOND"))]
    every.append(drafted_for_another_item(every[0]))
    erase()
    once = [kept_of(case) for case in every]

    jobs.forget(BaseRegister.objects.get(code=REGISTER).pk)

    assert [kept_of(case) for case in every] == once
    assert [row["Case"]["state"] for row in once] == [State.REFUSED, State.CLOSED, State.EXPIRED]


def drafted_for_another_item(case: Case) -> Case:
    """A draft of theirs beside what they hold already: begun before it was issued."""
    draft = drafted(office.citizen(9))
    Case.objects.filter(pk=draft.pk).update(subject=case.subject)
    return draft


# Cases


@pytest.mark.parametrize("applicant", [GONE, GUARDIAN], ids=["their own", "begun by another"])
def test_a_draft_of_the_erased_expires_and_is_empty(applicant: Actor) -> None:
    draft = drafted(applicant)
    assert queries.typed_so_far(draft) == TYPED

    erase()

    draft.refresh_from_db()
    assert (draft.state, draft.ended_at is not None) == (State.EXPIRED, True)
    assert (draft.answers.count(), draft.files.count(), queries.typed_so_far(draft)) == (0, 0, {})
    assert [line.verb for line in queries.history(draft)] == ["expire_case"]


@pytest.mark.parametrize("applicant", [GONE, GUARDIAN], ids=["their own", "handed in by another"])
def test_an_ended_case_of_the_erased_keeps_what_happened_and_nothing_that_was_said(applicant: Actor) -> None:
    case = refused(applicant)
    happened = [(line.verb, line.state, line.at) for line in queries.history(case)]
    assert len(words_of(case)) == 8  # answers, a file, the name, and what officials wrote, in lines and beside them

    erase()

    assert words_of(case) == []
    assert [(line.verb, line.state, line.at) for line in queries.history(case)] == happened
    assert (case.state, bool(case.number), case.granted, case.kept_until) == (State.REFUSED, True, False, None)
    assert queries.handed_in(case, by=OFFICER) == {}


ENDS: dict[str, tuple[Callable[[Actor], Case], Callable[[Case], object]]] = {
    "submitted": (office.submitted, lambda case: actions.withdraw_case(case, reason="不办了", by=GONE)),
    "received": (office.received, lambda case: actions.decline_case(case, reason="不属于本机关职权", by=OFFICER)),
    "returned": (office.returned, lambda case: actions.withdraw_case(case, reason="不办了", by=GONE)),
    "accepted": (office.accepted, lambda case: actions.withdraw_case(case, reason="不办了", by=GONE)),
    "reviewed": (office.reviewed, lambda case: actions.decide_case(case, granted=False, reason="不符", by=APPROVER)),
    "decided": (office.decided, lambda case: actions.issue_licence(case, by=BY)),
}


@pytest.mark.parametrize("state", ENDS)
def test_an_open_case_of_the_erased_goes_on_and_is_forgotten_when_it_ends(state: str) -> None:
    opened, end = ENDS[state]
    case = opened(GONE)
    erase()
    jobs.hourly()

    case.refresh_from_db()
    assert (case.state, case.ended_at) == (state, None)
    assert list(queries.handed_in(case, by=OFFICER)) == list(TYPED)

    end(case)
    jobs.hourly()

    assert words_of(case) == []
    assert (case.state != state, case.ended_at is not None) == (True, True)


def test_a_correction_does_not_undo_an_erasure() -> None:
    case = office.returned(GONE)
    erase()
    case.refresh_from_db()

    case = office.handed_in(case, by=GONE)
    actions.withdraw_case(case, reason="不办了", by=GONE)
    jobs.hourly()

    assert (words_of(case), case.state) == ([], State.WITHDRAWN)


# Licences


def test_what_is_printed_on_a_licence_goes_and_number_and_state_stay() -> None:
    case = office.issued(GONE)
    held = licences.licence_of_case(case.pk)
    assert held is not None
    before = licences.verified_by_hand(held.identifier, held.number)
    assert before is not None
    assert TYPED["person.name"] in [value for _, value in before.printed]

    erase()

    kept = licences.licence(held.pk)
    assert (kept.printed, kept.document) == ("", "")
    with pytest.raises(NotFound):
        licences.document(kept, by=GONE)
    after = licences.verified_by_hand(held.identifier, held.number)
    assert after is not None
    assert (after.printed, after.validity, after.state) == ([], "valid", before.state)
    assert (kept.identifier, kept.number, kept.valid_to) == (held.identifier, held.number, held.valid_to)
    assert lines(verb="licences.forget_licence").get().subject_id == held.pk


def test_why_a_licence_was_taken_back_is_forgotten_and_that_it_was_is_not() -> None:
    held = licences.licence_of_case(office.issued(GONE).pk)
    assert held is not None
    revoke(held, ground="given_up", reason="本人放弃", by=office.official("licences.revoke"))

    erase()

    told = licences.history(held)
    assert [(line.ground, line.said) for line in told] == [("issued", ""), ("given_up", "")]
    assert licences.validity_of(licences.licence(held.pk)) == "revoked"


def test_a_licence_made_after_the_erasure_shows_nothing_of_them() -> None:
    case = office.decided(GONE)
    erase()
    actions.issue_licence(case, by=BY)

    jobs.hourly()

    held = licences.licence_of_case(case.pk)
    assert held is not None
    kept = licences.licence(held.pk)
    assert (kept.printed, kept.document) == ("", "")
