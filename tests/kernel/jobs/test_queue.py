"""Jobs stand in the queue with the change that asked for them, once where that is asked, and say ids only."""

import json

import pytest
from django.db import connection, transaction
from tests.committing import at_once, rolled_back
from tests.resources.road import BY, declare

from gusu.kernel.jobs.queue import later
from gusu.resources.exchange.actions import open_batch

pytestmark = pytest.mark.usefixtures("committed")
NAME = "gusu.registers.merge"


def jobs() -> list[tuple[str, dict[str, object]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, args FROM procrastinate_jobs ORDER BY id")
        return [(status, json.loads(args)) for status, args in cursor.fetchall()]


def begin(status: str = "doing") -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status", [status])


def test_a_job_is_gone_with_the_transaction_that_queued_it() -> None:
    with rolled_back():
        later(NAME, register=1)

    assert jobs() == []


def test_once_stands_for_every_job_that_waits_under_the_word() -> None:
    later(NAME, once="a", register=1)
    later(NAME, once="a", register=1)
    later(NAME, once="b", register=2)
    later(NAME, register=1)
    later(NAME, register=1)

    assert [args["register"] for _, args in jobs()] == [1, 2, 1, 1]


@pytest.mark.parametrize("status", ["doing", "succeeded", "failed"])
def test_once_does_not_count_a_job_that_has_begun(status: str) -> None:
    later(NAME, once="a", register=1)
    begin()
    if status != "doing":
        begin(status)
    later(NAME, once="a", register=1)

    assert [status for status, _ in jobs()] == [status, "todo"]


def test_once_keeps_its_word_when_several_ask_together() -> None:
    assert at_once(*[lambda: later(NAME, once="a", register=1)] * 5) == [None] * 5

    assert len(jobs()) == 1


def test_the_transaction_goes_on_after_a_job_was_found_waiting() -> None:
    later(NAME, once="a", register=1)
    with transaction.atomic():
        later(NAME, once="a", register=1)
        later(NAME, register=3)

    assert [args["register"] for _, args in jobs()] == [1, 3]


def test_a_batch_travels_as_an_id() -> None:
    open_batch(declare(), by=BY, source="/somewhere/沈小梅.csv")

    [(_, args)] = jobs()

    assert {name: type(value) for name, value in args.items()} == {"event": int}
