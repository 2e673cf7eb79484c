"""What the worker tells."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class HourPassed(Event, frozen=True):
    """For what has to be looked at again and again: every worker tells it at its start and once an hour."""

    name: ClassVar[str] = "jobs.hour_passed"
