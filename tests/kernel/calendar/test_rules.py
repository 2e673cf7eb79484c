from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gusu.kernel.calendar import rules

DAYS = st.dates(date(2003, 1, 1), date(2028, 12, 31))
EXCEPTIONS = st.dictionaries(st.dates(date(2010, 1, 1), date(2011, 12, 31)), st.booleans(), max_size=60)


def counted_one_by_one(start: date, end: date, exceptions: dict[date, bool]) -> int:
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(rules.is_working(day, exceptions) for day in days)


@given(st.dates(date(2009, 12, 1), date(2012, 1, 31)), st.integers(0, 800), EXCEPTIONS)
def test_counting_agrees_with_counting_one_by_one(start: date, length: int, exceptions: dict[date, bool]) -> None:
    end = start + timedelta(days=length)

    assert rules.working_days(start, end, exceptions) == counted_one_by_one(start, end, exceptions)


@given(DAYS, DAYS, EXCEPTIONS)
def test_counting_back_is_counting_forth_with_the_sign_changed(a: date, b: date, exceptions: dict[date, bool]) -> None:
    assert rules.working_days(a, b, exceptions) == -rules.working_days(b, a, exceptions)


@given(DAYS, DAYS, DAYS, EXCEPTIONS)
def test_two_periods_end_to_end_count_as_one(a: date, b: date, c: date, exceptions: dict[date, bool]) -> None:
    whole = rules.working_days(a, b, exceptions) + rules.working_days(b, c, exceptions)

    assert whole == rules.working_days(a, c, exceptions)


@given(st.dates())
def test_the_weekdays_before_a_day_step_by_one_on_weekdays_only(day: date) -> None:
    if day < date.max:
        step = rules.weekdays_before(day + timedelta(days=1)) - rules.weekdays_before(day)
        assert step == (day.weekday() <= rules.FRIDAY)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_a_birthday_is_the_first_day_on_which_the_years_are_full(born: date, years: int) -> None:
    day = rules.birthday(born, years)

    assert rules.full_years(born, day) == years
    assert rules.full_years(born, day - timedelta(days=1)) == years - 1
