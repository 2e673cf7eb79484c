"""What the calendar tells."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class CalendarChanged(Event, frozen=True):
    """Some day is worked that was free, or free that was worked: every period that has not ended is to be read anew."""

    name: ClassVar[str] = "calendar.changed"
