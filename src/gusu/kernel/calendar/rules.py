"""How working days are counted, over a set of exceptions to the week; no database here."""

from collections.abc import Mapping
from datetime import date, timedelta

from gusu.kernel.actor import Actor

Exceptions = Mapping[date, bool]
DAY = timedelta(days=1)
FRIDAY = 4


def may_edit(by: Actor, _: object) -> bool:
    return by.can("calendar.edit")


def full_years(born: date, on: date) -> int:
    """Full years on a day: the birthday itself completes one (民法典 art. 1259); of 29 February the day after."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def birthday(born: date, years: int) -> date:
    """The day that completes so many full years."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def is_working(day: date, exceptions: Exceptions) -> bool:
    return exceptions.get(day, day.weekday() <= FRIDAY)


def weekdays_before(day: date) -> int:
    """Mondays to Fridays from the first day of the calendar up to, not including, `day`. 0001-01-01 was a Monday."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(rest, 5)


def working_days(start: date, end: date, exceptions: Exceptions) -> int:
    """Working days after `start` up to and including `end`; negative when `end` comes first."""
    if end < start:
        return -working_days(end, start, exceptions)
    count = weekdays_before(end + DAY) - weekdays_before(start + DAY)
    for day, working in exceptions.items():
        if start < day <= end:
            count += working - (day.weekday() <= FRIDAY)
    return count
