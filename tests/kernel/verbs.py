"""Verbs to try `@action` and `@step` on: their noun is a calendar day, the kernel's plainest row with a name."""

from collections.abc import Callable
from datetime import date
from typing import ClassVar

from gusu.kernel.action import action, step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.errors import GusuError
from gusu.kernel.events.outbox import Event

DAY = date(2026, 10, 1)
ALLOWED = Actor(account="acc1-clerk", organisation="police", permissions=frozenset({"day.rename"}))
STRANGER = Actor(account="acc1-stranger", organisation="audit")
asked: list[tuple[str, str | None]] = []


class NameTaken(GusuError):
    status, code = 409, "name_taken"


class DayRenamed(Event, frozen=True):
    name: ClassVar[str] = "verbs.day_renamed"
    day: str


def may_rename(by: Actor, day: CalendarDay | None) -> bool:
    asked.append((by.account, day.name_zh if day else None))
    return by.can("day.rename")


def make_day(name: str = "国庆节", day: date = DAY) -> CalendarDay:
    return CalendarDay.objects.create(date=day, working=False, name_zh=name, name_en="National Day", source="test")


@action(may=may_rename, tells=lambda day: DayRenamed(day=str(day.pk)))
def rename_day(day: CalendarDay, name: str, *, by: Actor) -> CalendarDay:
    day.name_zh = name
    day.save()
    note(length=len(name))
    if name == "taken":
        raise NameTaken
    if name == "broken":
        raise ZeroDivisionError
    return day


@action(may=may_rename)
def found_day(*, by: Actor) -> CalendarDay:
    return make_day(day=date(2027, 1, 1))


@action(may=lambda by, day: True)
def rename_twice(day: CalendarDay, first: str, second: str, *, by: Actor) -> CalendarDay:
    rename_day(day, first, by=by)
    return rename_day(day, second, by=by)


@action(may=lambda by, day: True)
def rename_if_free(day: CalendarDay, name: str, *, by: Actor) -> bool:
    try:
        rename_day(day, name, by=by)
    except NameTaken:
        return False
    return True


@step
def settle_day(
    day: CalendarDay, between: Callable[[], object] = lambda: None, *, by: Actor
) -> Callable[[CalendarDay], DayRenamed | None] | None:
    """Adds a mark to a name, once."""
    if day.name_zh.endswith("!"):
        return None
    between()

    def commit(fresh: CalendarDay) -> DayRenamed:
        fresh.name_zh += "!"
        fresh.save()
        note(marked=True)
        if fresh.name_zh == "broken!":
            raise ZeroDivisionError
        if fresh.name_zh == "taken!":
            raise NameTaken
        return DayRenamed(day=str(fresh.pk))

    return commit
