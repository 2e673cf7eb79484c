"""What a department's table refused is handed over every hour until it is taken; then the case is closed, once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.resources.exchange.test_returning import NAME, Department, declared, department
from tests.services.cases import office
from tests.services.cases.office import BY

from gusu.kernel.audit.queries import lines
from gusu.kernel.events import outbox
from gusu.kernel.events.models import OutboxEvent
from gusu.resources.exchange import jobs as exchange
from gusu.resources.exchange.actions import hand_over_again
from gusu.resources.exchange.events import OutcomesReturned, OutcomeWaiting
from gusu.resources.exchange.models import Outcome, OutcomeState, Receipt
from gusu.resources.exchange.queries import outcome_of
from gusu.services.cases import jobs, queries
from gusu.services.cases.models import Case, State
from gusu.services.licences.models import Licence

__all__ = ["department"]
RED, BLUE = office.citizen(1), office.citizen(2)
REFUSE = f"""ALTER TABLE dest.kept ADD CONSTRAINT none CHECK ("XM" <> '{NAME}')"""
TAKE = "ALTER TABLE dest.kept DROP CONSTRAINT none"
JOBS: dict[str, Callable[..., None]] = {
    exchange.RETURN: exchange.hand_back,
    jobs.CLOSE: jobs.close,
}


@pytest.fixture(autouse=True)
def town(department: Department) -> None:
    """An office whose permits go to a department that does not take everybody's."""
    department.run('ALTER TABLE dest.kept ALTER "BH" TYPE varchar(40)')
    department.run(REFUSE)
    declared()
    office.found_office(returned_to="permits")
    office.issue_permits()


def issued(by: Any = RED, name: str = NAME) -> Case:
    """Granted and made; its outcome waits for the department."""
    case = office.submitted(by, office.TYPED | {"person.name": name})
    for state in ("receive_case", "accept_case"):
        case = getattr(office.actions, state)(case, by=office.OFFICER)
    case = office.actions.review_case(case, opinion="属实", by=office.OFFICER)
    case = office.actions.decide_case(case, granted=True, by=office.APPROVER)
    office.actions.issue_licence(case, by=BY)
    worker_goes_on()
    case.refresh_from_db()
    return case


def an_hour_passes() -> None:
    jobs.hourly()
    worker_goes_on()


def worker_goes_on() -> None:
    """Every event that is waiting is delivered and every job that it queued is done, until none is left."""
    for _ in range(5):
        for event in undelivered():
            outbox.deliver(event.pk)
        for name, work in JOBS.items():
            for queued in list(ProcrastinateJob.objects.filter(task_name=name).order_by("pk")):
                done(queued)
                work(**queued.args)
        if not undelivered().exists():
            return
    raise AssertionError("events without end")


def done(job: ProcrastinateJob) -> None:
    """No longer in the queue: what is run again was queued again."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job.pk])


def undelivered() -> "QuerySet[OutboxEvent]":
    told = [OutcomeWaiting.name, OutcomesReturned.name]
    return OutboxEvent.objects.filter(delivered_at=None, name__in=told).order_by("pk")


def refusal_of(case: Case) -> tuple[str, str, str]:
    outcome = outcome_of("permits", case.pk)
    assert outcome is not None
    return outcome.state, outcome.refused_code, outcome.refused_column


def closed(case: Case) -> tuple[str, int]:
    """Its state, and how often it was closed."""
    case.refresh_from_db()
    return case.state, [line.verb for line in queries.history(case)].count("close_case")


def test_a_refused_outcome_leaves_its_case_issued_and_stops_nobody_elses(department: Department) -> None:
    case, other = issued(), issued(BLUE, "周默")

    assert refusal_of(case) == (OutcomeState.REFUSED, "CheckViolation", "none")
    assert (closed(case), closed(other)) == ((State.ISSUED, 0), (State.CLOSED, 1))
    assert [name for _, name, _ in department.rows()] == ["周默"]


def test_the_hour_after_the_department_takes_it_the_case_is_closed_once(department: Department) -> None:
    case = issued()
    an_hour_passes()
    assert (closed(case), refusal_of(case)[0]) == ((State.ISSUED, 0), OutcomeState.REFUSED)

    department.run(TAKE)
    an_hour_passes()
    once = department.run("SELECT * FROM dest.kept")

    assert (closed(case), refusal_of(case)) == ((State.CLOSED, 1), (OutcomeState.RETURNED, "", ""))
    licence = Licence.objects.get()
    assert department.rows() == [(licence.number, NAME, licence.valid_from.isoformat())]
    for _ in range(2):
        an_hour_passes()
    assert (closed(case), department.run("SELECT * FROM dest.kept")) == ((State.CLOSED, 1), once)
    assert (Outcome.objects.count(), Receipt.objects.count(), Licence.objects.count()) == (1, 1, 1)


def test_however_often_it_is_refused_it_is_one_outcome_with_the_row_it_had(department: Department) -> None:
    case = issued()
    first = Outcome.objects.get()

    for _ in range(3):
        an_hour_passes()

    again = Outcome.objects.get()
    assert (again.pk, again.sealed, again.made_at) == (first.pk, first.sealed, first.made_at)
    assert (refusal_of(case)[0], department.rows(), Receipt.objects.count()) == (OutcomeState.REFUSED, [], 0)
    assert lines(verb="exchange.hand_over_again", outcome="done").count() == 3


def test_of_many_that_are_refused_those_the_table_takes_now_are_closed_and_the_others_wait(
    department: Department,
) -> None:
    refused = [issued(office.citizen(number)) for number in (1, 2, 3)]
    department.run(TAKE)
    department.run(f"""ALTER TABLE dest.kept ADD CONSTRAINT none CHECK ("BH" <> '{_number_of(refused[1])}')""")

    an_hour_passes()

    assert [closed(case) for case in refused] == [(State.CLOSED, 1), (State.ISSUED, 0), (State.CLOSED, 1)]
    assert [number for number, *_ in department.rows()] == sorted(_number_of(refused[place]) for place in (0, 2))
    department.run(TAKE)
    an_hour_passes()
    assert [closed(case) for case in refused] == [(State.CLOSED, 1)] * 3
    assert len(department.rows()) == 3


def test_what_was_taken_is_not_handed_over_again(department: Department) -> None:
    department.run(TAKE)
    case = issued()
    outcome, taken = Outcome.objects.values().get(), department.run("SELECT * FROM dest.kept")

    hand_over_again("permits", key=case.pk, by=BY)
    worker_goes_on()

    assert (Outcome.objects.values().get(), department.run("SELECT * FROM dest.kept")) == (outcome, taken)
    assert (closed(case), Receipt.objects.count()) == ((State.CLOSED, 1), 1)


def _number_of(case: Case) -> str:
    return Licence.objects.get(case=case.pk).number
