from datetime import date, timedelta

import chinese_calendar
import pytest

from gusu.kernel.actor import Actor, house
from gusu.kernel.calendar.actions import set_day
from gusu.kernel.calendar.events import CalendarChanged
from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.calendar.pack import Calendar, CalendarPiece, DayPiece
from gusu.kernel.calendar.queries import (
    add_working_days,
    announced_until,
    days_named,
    is_working_day,
    working_days_between,
)
from gusu.kernel.errors import NotAllowed
from gusu.kernel.events.models import OutboxEvent
from gusu.kernel.packs import Label
from gusu.kernel.text import Text

pytestmark = pytest.mark.django_db

BY = house("test")
CHINA = CalendarPiece("china", "chinesecalendar", 2004, 2026)
EDITOR = Actor("official", permissions=frozenset({"calendar.edit"}))


@pytest.fixture
def calendar() -> Calendar:
    section = Calendar()
    section.apply([CHINA], by=BY)
    return section


def test_every_day_of_23_years_is_what_the_state_council_announced(calendar: Calendar) -> None:
    exceptions = dict(CalendarDay.objects.values_list("date", "working"))
    first, last = date(2004, 1, 1), date(2026, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]

    ours = [exceptions.get(day, day.weekday() < 5) for day in days]

    assert ours == [chinese_calendar.is_workday(day) for day in days]


def test_a_swapped_saturday_is_worked_and_a_holiday_monday_is_not(calendar: Calendar) -> None:
    assert is_working_day(date(2026, 2, 14)) is True
    assert is_working_day(date(2026, 2, 16)) is False
    assert is_working_day(date(2026, 2, 25)) is True
    assert is_working_day(date(2026, 2, 28)) is True


def test_a_legal_clock_skips_the_spring_festival(calendar: Calendar) -> None:
    friday = date(2026, 2, 13)

    assert add_working_days(friday, 1) == date(2026, 2, 14)
    assert add_working_days(friday, 2) == date(2026, 2, 24)
    assert add_working_days(friday, 0) == friday
    assert add_working_days(date(2026, 2, 24), -1) == date(2026, 2, 14)
    assert working_days_between(friday, date(2026, 2, 24)) == 2
    assert working_days_between(date(2026, 2, 24), friday) == -2


def test_a_year_not_yet_announced_goes_by_the_week_and_says_so(calendar: Calendar) -> None:
    assert is_working_day(date(2027, 10, 1)) is True
    assert announced_until() == date(2026, 12, 31)


def test_a_city_declares_single_days_of_a_later_year(calendar: Calendar) -> None:
    new_year = DayPiece(date(2027, 1, 1), False, Label("元旦", "New Year's Day"))
    local = CalendarPiece("later", days=(new_year,))

    calendar.apply([local], by=BY)

    assert is_working_day(date(2027, 1, 1)) is False
    assert calendar.kept() == {"china": CHINA, "later": local}


def test_a_single_day_overrules_a_seeded_one_and_gives_it_back_when_it_is_dropped(calendar: Calendar) -> None:
    worked = DayPiece(date(2026, 10, 1), True, Label("值守", "On duty"))
    calendar.apply([CalendarPiece("local", days=(worked,))], by=BY)
    assert is_working_day(date(2026, 10, 1)) is True

    calendar.apply([CalendarPiece("local")], by=BY)

    assert is_working_day(date(2026, 10, 1)) is False


def test_an_administrator_has_the_last_word(calendar: Calendar) -> None:
    day = set_day(date(2026, 10, 1), working=True, name=Text("值守", "On duty"), by=EDITOR)

    calendar.apply([CHINA], by=BY)

    assert is_working_day(date(2026, 10, 1)) is True
    assert day in days_named(2026)
    assert calendar.kept() == {"china": CHINA}


def test_who_counts_by_the_calendar_is_told_of_a_day_that_became_another_one(calendar: Calendar) -> None:
    assert tellings() == 1  # the whole calendar came in

    calendar.apply([CHINA], by=BY)
    assert tellings() == 1

    calendar.apply(
        [CalendarPiece("local", days=(DayPiece(date(2026, 12, 7), False, Label("停电", "No power")),))], by=BY
    )
    assert tellings() == 2
    set_day(date(2026, 12, 8), working=False, name=Text("停电", "No power"), by=EDITOR)
    assert tellings() == 3


def tellings() -> int:
    return OutboxEvent.objects.filter(name=CalendarChanged.name).count()


def test_nobody_edits_the_calendar_without_the_permission(calendar: Calendar) -> None:
    with pytest.raises(NotAllowed):
        set_day(date(2026, 10, 1), working=True, name=Text("值守", "On duty"), by=Actor("official"))


def test_a_retired_source_leaves_the_days_that_clocks_have_counted_by(calendar: Calendar) -> None:
    calendar.retire(["china"], by=BY)

    assert calendar.kept() == {}
    assert is_working_day(date(2025, 10, 1)) is False
