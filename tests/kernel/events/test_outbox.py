"""Told once, delivered until it has worked, once in effect."""

from collections.abc import Iterator

import pytest
from tests.committing import at_once
from tests.kernel.verbs import DayRenamed

from gusu.kernel.events import outbox
from gusu.kernel.events.models import OutboxEvent

pytestmark = pytest.mark.usefixtures("committed")
heard: list[str] = []


def listens(event: DayRenamed) -> None:
    heard.append(event.day)


def fails(event: DayRenamed) -> None:
    raise OSError("away for a moment")


@pytest.fixture(autouse=True)
def _own_table() -> Iterator[None]:
    before = dict(outbox._listeners)
    heard.clear()
    outbox.listen({DayRenamed: [listens]})
    yield
    outbox._listeners.clear()
    outbox._listeners.update(before)


def told(day: str = "x") -> int:
    outbox.publish(DayRenamed(day=day))
    return OutboxEvent.objects.latest("pk").pk


def is_delivered(event: int) -> bool:
    return OutboxEvent.objects.get(pk=event).delivered_at is not None


def test_delivered_twice_it_is_heard_once() -> None:
    event = told("2026-10-01")

    outbox.deliver(event)
    outbox.deliver(event)

    assert (heard, is_delivered(event)) == (["2026-10-01"], True)


def test_delivered_by_two_workers_at_once_it_is_heard_once() -> None:
    event = told()

    at_once(*[lambda: outbox.deliver(event)] * 4)

    assert heard == ["x"]


def test_a_failing_listener_leaves_it_undelivered_and_the_next_try_delivers() -> None:
    event = told()
    outbox.listen({DayRenamed: [listens, fails]})
    with pytest.raises(OSError, match="away"):
        outbox.deliver(event)
    assert not is_delivered(event)

    outbox.listen({DayRenamed: [listens]})
    outbox.deliver(event)

    assert is_delivered(event)
