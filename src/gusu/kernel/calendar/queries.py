"""Working days, counted from the table an administrator keeps. A period counts from the day after (民法典 art. 201)."""

from datetime import date

from gusu.kernel.calendar import rules
from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.text import Text


def is_working_day(day: date) -> bool:
    """Whether offices work on `day`. Beyond `announced_until()` the weekday alone decides."""
    return rules.is_working(day, _exceptions(day, day))


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; negative when `end` comes first."""
    return rules.working_days(start, end, _exceptions(min(start, end), max(start, end)))


def add_working_days(start: date, days: int) -> date:
    """The last day of a period of `days` working days that begins the day after `start`; negative counts back."""
    step = rules.DAY if days >= 0 else -rules.DAY
    exceptions = _exceptions(start, date.max) if days >= 0 else _exceptions(date.min, start)
    day, left = start, abs(days)
    while left:
        day += step
        left -= rules.is_working(day, exceptions)
    return day


def exceptions(since: date = date.min) -> dict[date, bool]:
    """Every day from `since` on that differs from the week: working or not. What a legal clock is read by."""
    return _exceptions(since, date.max)


def names() -> dict[date, Text]:
    """The names of those days."""
    return {row.date: row.name for row in CalendarDay.objects.all()}


def days_named(year: int) -> list[CalendarDay]:
    """The holidays and worked weekends of a year, in order: the page an administrator edits."""
    return list(CalendarDay.objects.filter(date__year=year).order_by("date"))


def announced_until() -> date | None:
    """The last day of the last year whose holidays are in the table; None when it is empty."""
    last = CalendarDay.objects.order_by("-date").values_list("date", flat=True).first()
    return last and date(last.year, 12, 31)


def _exceptions(start: date, end: date) -> dict[date, bool]:
    rows = CalendarDay.objects.filter(date__range=(start, end))
    return dict(rows.values_list("date", "working"))
