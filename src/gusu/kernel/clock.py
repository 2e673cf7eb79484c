"""The only place that asks what time it is, so that a test or a drill can say."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time

from django.utils import timezone

NOON = time(12)
_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """The present moment, aware."""
    return _frozen.get() or timezone.now()


def today() -> date:
    """The present day in the city's time zone."""
    return timezone.localdate(now())


def at_noon(day: date) -> datetime:
    """The middle of a day in the city's time zone: what is known to the day is that day wherever it is read."""
    return timezone.make_aware(datetime.combine(day, NOON))


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Within the block it is `at`."""
    token = _frozen.set(at)
    try:
        yield
    finally:
        _frozen.reset(token)
