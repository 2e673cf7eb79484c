"""Correcting a day by hand, and keeping the days that packs declare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.calendar import rules
from gusu.kernel.calendar.events import CalendarChanged
from gusu.kernel.calendar.models import CalendarDay, CalendarSource
from gusu.kernel.events.outbox import publish
from gusu.kernel.text import Text


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day that differs from the week, or has a name; `source` is the code of the piece that declares it."""

    date: date
    working: bool
    name: Text
    source: str


@action(may=rules.may_edit, tells=lambda _day: CalendarChanged())
def set_day(day: date, *, working: bool, name: Text, by: Actor) -> CalendarDay:
    """An administrator says what a day is; packs leave it alone from now on."""
    trail.note(day=day.isoformat(), working=working)
    row, _ = CalendarDay.objects.update_or_create(
        date=day,
        defaults={
            "working": working,
            "name_zh": name.zh,
            "name_en": name.en,
            "source": CalendarDay.ADMINISTRATOR,
        },
    )
    return row


def write_sources(declared: Mapping[str, dict[str, Any]]) -> None:
    """Keep what packs declare, by source code. Inside packkit's transaction; `write_days` follows."""
    CalendarSource.objects.bulk_create(
        [CalendarSource(code=code, declared=piece) for code, piece in declared.items()],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["declared"],
    )


def write_days(days: Iterable[NamedDay]) -> None:
    """Make the table hold exactly these days of the declared sources, except where an administrator has spoken.

    CalendarChanged, where that makes any day another one than before.
    """
    before = _worked()
    by_hand = set(CalendarDay.objects.filter(source=CalendarDay.ADMINISTRATOR).values_list("date", flat=True))
    rows = [
        CalendarDay(date=day.date, working=day.working, name_zh=day.name.zh, name_en=day.name.en, source=day.source)
        for day in days
        if day.date not in by_hand
    ]
    declared = CalendarSource.objects.values("code")
    CalendarDay.objects.filter(source__in=declared).exclude(date__in=[row.date for row in rows]).delete()
    CalendarDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["working", "name_zh", "name_en", "source"],
    )
    if _worked() != before:
        publish(CalendarChanged())


def retire_sources(codes: Iterable[str]) -> None:
    """Forget the sources; their days stay, because legal clocks have counted by them."""
    CalendarSource.objects.filter(code__in=list(codes)).delete()


def _worked() -> dict[date, bool]:
    return dict(CalendarDay.objects.values_list("date", "working"))
