"""`@action` and `@step`: what they promise on their first page."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from tests.committing import at_once, rolled_back
from tests.kernel import verbs
from tests.kernel.verbs import ALLOWED, DAY, STRANGER, DayRenamed

from gusu.kernel.audit.models import AuditLine
from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.errors import Busy, NotAllowed, NotFound
from gusu.kernel.events import outbox
from gusu.kernel.events.models import OutboxEvent

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def _nobody_was_asked() -> None:
    verbs.asked.clear()


def lines() -> list[tuple[str, str, str, str, dict[str, object]]]:
    found = AuditLine.objects.order_by("pk").values_list("actor", "verb", "outcome", "code", "detail")
    return [(actor, verb, outcome, code, detail) for actor, verb, outcome, code, detail in found]


def events() -> list[tuple[str, object]]:
    return [(row.name, row.body) for row in OutboxEvent.objects.order_by("pk")]


def jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def name() -> str:
    return CalendarDay.objects.get(pk=DAY).name_zh


def test_a_verb_leaves_its_change_one_line_one_event_and_one_job() -> None:
    day = verbs.make_day()

    answered = verbs.rename_day(day, "国庆", by=ALLOWED)

    assert answered.name_zh == "国庆"
    assert lines() == [("acc1-clerk", "kernel.rename_day", "done", "", {"length": 2})]
    [line] = AuditLine.objects.all()
    assert (line.subject_kind, line.subject_id, line.organisation) == ("kernel.calendarday", str(DAY), "police")
    assert events() == [("verbs.day_renamed", {"day": str(DAY)})]
    assert jobs() == [(outbox.DELIVER, "todo")]


def test_the_rule_is_asked_once_about_the_row_as_it_is_now() -> None:
    stale = verbs.make_day("旧名")
    CalendarDay.objects.filter(pk=DAY).update(name_zh="新名")

    verbs.rename_day(stale, "国庆", by=ALLOWED)

    assert verbs.asked == [("acc1-clerk", "新名")]


def test_what_does_not_exist_yet_is_asked_about_as_none_and_the_line_names_what_was_made() -> None:
    made = verbs.found_day(by=ALLOWED)

    [line] = AuditLine.objects.all()
    assert verbs.asked == [("acc1-clerk", None)]
    assert (line.subject_kind, line.subject_id) == ("kernel.calendarday", str(made.pk))


def test_the_subject_is_locked_before_the_rule_is_asked() -> None:
    day = verbs.make_day()
    waited = threading.Event()

    def second() -> None:
        waited.wait(5)
        verbs.rename_day(day, "二", by=ALLOWED)

    def first() -> None:
        with transaction.atomic():
            verbs.rename_day(day, "一", by=ALLOWED)
            waited.set()
            assert verbs.asked == [("acc1-clerk", "国庆节")]

    assert at_once(first, second) == [None, None]
    assert verbs.asked == [("acc1-clerk", "国庆节"), ("acc1-clerk", "一")]
    assert name() == "二"


def test_not_allowed_leaves_one_line_and_nothing_else() -> None:
    day = verbs.make_day()

    with pytest.raises(NotAllowed) as refusal:
        verbs.rename_day(day, "国庆", by=STRANGER)

    assert refusal.value.status == 403
    assert "kernel.rename_day" in str(refusal.value)
    assert lines() == [("acc1-stranger", "kernel.rename_day", "refused", "not_allowed", {})]
    assert (name(), events(), jobs()) == ("国庆节", [], [])


def test_a_refusal_on_the_way_rolls_back_what_was_done_and_leaves_one_line() -> None:
    day = verbs.make_day()

    with pytest.raises(verbs.NameTaken):
        verbs.rename_day(day, "taken", by=ALLOWED)

    assert lines() == [("acc1-clerk", "kernel.rename_day", "refused", "name_taken", {})]
    assert (name(), events(), jobs()) == ("国庆节", [], [])


def test_a_fault_is_not_a_refusal_and_leaves_nothing() -> None:
    day = verbs.make_day()

    with pytest.raises(ZeroDivisionError):
        verbs.rename_day(day, "broken", by=ALLOWED)

    assert (lines(), name(), events(), jobs()) == ([], "国庆节", [], [])


def test_a_verb_on_a_row_that_is_gone_is_refused_in_words() -> None:
    gone = verbs.make_day()
    CalendarDay.objects.all().delete()

    with pytest.raises(NotFound):
        verbs.rename_day(gone, "国庆", by=ALLOWED)

    assert [(verb, code) for _, verb, _, code, _ in lines()] == [("kernel.rename_day", "not_found")]


def test_a_verb_inside_a_verb_joins_its_transaction() -> None:
    day = verbs.make_day()

    verbs.rename_twice(day, "一", "二", by=ALLOWED)

    assert [(verb, outcome) for _, verb, outcome, _, _ in lines()] == [
        ("kernel.rename_day", "done"),
        ("kernel.rename_day", "done"),
        ("kernel.rename_twice", "done"),
    ]
    assert len(set(AuditLine.objects.values_list("xid", flat=True))) == 1
    assert len(events()) == 2


def test_a_refusal_inside_refuses_the_outer_verb_whose_one_line_names_the_inner() -> None:
    day = verbs.make_day()

    with pytest.raises(verbs.NameTaken):
        verbs.rename_twice(day, "一", "taken", by=ALLOWED)

    assert lines() == [
        ("acc1-clerk", "kernel.rename_twice", "refused", "name_taken", {"refused_by": "kernel.rename_day"})
    ]
    assert (name(), events(), jobs()) == ("国庆节", [], [])


def test_a_refusal_inside_that_the_outer_verb_catches_was_none() -> None:
    day = verbs.make_day()

    assert verbs.rename_if_free(day, "taken", by=ALLOWED) is False

    assert [(verb, outcome) for _, verb, outcome, _, _ in lines()] == [("kernel.rename_if_free", "done")]
    assert (name(), events(), jobs()) == ("国庆节", [], [])


def test_event_and_job_are_gone_with_the_transaction_around_them() -> None:
    day = verbs.make_day()

    with rolled_back():
        verbs.rename_day(day, "国庆", by=ALLOWED)

    assert (lines(), events(), jobs()) == ([], [], [])


def test_an_event_alone_is_gone_when_rolled_back() -> None:
    with rolled_back():
        outbox.publish(DayRenamed(day="x"))

    assert (events(), jobs()) == ([], [])


def test_a_step_does_its_work_once() -> None:
    day = verbs.make_day()

    answers = [verbs.settle_day(day, by=ALLOWED) for _ in range(3)]

    assert answers == [True, False, False]
    assert name() == "国庆节!"
    assert lines() == [("acc1-clerk", "kernel.settle_day", "done", "", {"marked": True})]
    assert len(events()) == len(jobs()) == 1


def test_two_workers_at_one_step_and_one_is_told_busy() -> None:
    day = verbs.make_day()
    inside, done = threading.Event(), threading.Event()

    def first() -> bool:
        return verbs.settle_day(day, lambda: (inside.set(), done.wait(5)), by=ALLOWED)

    def second() -> bool:
        inside.wait(5)
        try:
            return verbs.settle_day(day, by=ALLOWED)
        finally:
            done.set()

    mine, theirs = at_once(first, second)

    assert mine is True
    assert isinstance(theirs, Busy)
    assert [outcome for _, _, outcome, _, _ in lines()] == ["done"]
    assert verbs.settle_day(day, by=ALLOWED) is False


def test_two_subjects_of_one_step_do_not_wait_for_each_other() -> None:
    one, other = verbs.make_day(), verbs.make_day(day=DAY.replace(day=2))
    met = threading.Barrier(2)

    answers = at_once(*(lambda day=day: verbs.settle_day(day, lambda: met.wait(5), by=ALLOWED) for day in (one, other)))

    assert answers == [True, True]


def test_a_step_works_outside_transactions_and_its_commit_reads_again() -> None:
    day = verbs.make_day()
    states: list[bool] = []

    def between() -> None:
        states.append(connection.in_atomic_block)
        CalendarDay.objects.filter(pk=DAY).update(name_zh="改名")

    verbs.settle_day(day, between, by=ALLOWED)

    assert states == [False]
    assert name() == "改名!"


@pytest.mark.parametrize(("start", "line"), [("broken", []), ("taken", [("kernel.settle_day", "name_taken")])])
def test_a_step_whose_commit_raises_leaves_nothing_and_can_be_taken_up_again(
    start: str, line: list[tuple[str, str]]
) -> None:
    day = verbs.make_day(start)

    with pytest.raises((ZeroDivisionError, verbs.NameTaken)):
        verbs.settle_day(day, by=ALLOWED)

    assert [(verb, code) for _, verb, _, code, _ in lines()] == line
    assert (name(), events(), jobs()) == (start, [], [])
    CalendarDay.objects.filter(pk=DAY).update(name_zh="好")
    assert verbs.settle_day(day, by=ALLOWED) is True


def test_a_step_inside_a_transaction_is_a_fault_of_the_programmer() -> None:
    day = verbs.make_day()

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        verbs.settle_day(day, by=ALLOWED)

    assert (name(), lines()) == ("国庆节", [])


def test_a_dead_workers_claim_is_gone_with_its_connection() -> None:
    day = verbs.make_day()

    def dies() -> bool:
        return verbs.settle_day(day, lambda: connection.connection.close(), by=ALLOWED)

    [death] = at_once(dies)

    assert type(death).__name__ == "OperationalError"
    _until_the_server_has_noticed()
    assert verbs.settle_day(day, by=ALLOWED) is True


def _until_the_server_has_noticed() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _no_lock_is_left(committed: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
