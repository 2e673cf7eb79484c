"""The table of a case, and the days its columns keep, held to the clock read day by day."""

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.services.cases.office import DECISION
from tests.services.items.declared import CLEAN

from gusu.kernel import clock as time
from gusu.kernel.calendar.rules import DAY
from gusu.services.cases import clock, queries, rules
from gusu.services.cases.clock import Card, Extension, Ground
from gusu.services.cases.models import Case, CaseExtension, CaseStop, State
from gusu.services.items.spec import Time

START = date(2026, 9, 14)
DAYS = st.integers(0, 60).map(lambda number: START + timedelta(days=number))
EXCEPTIONS = st.dictionaries(DAYS, st.booleans(), max_size=12)
UNITS = st.sampled_from(["working", "calendar"])
TIMES = st.builds(Time, st.integers(1, 30), UNITS)
DECISIONS = st.builds(
    lambda percent, days: replace(DECISION, yellow_percent=percent, yellow_days=days),
    st.integers(50, 100),
    st.integers(0, 3),
)


def test_every_state_is_reached_and_only_ends_lead_nowhere() -> None:
    reached, new = {State.DRAFT}, {State.DRAFT}
    while new:
        new = {to for state in new for to in rules.ALLOWED.get(state, ())} - reached
        reached |= new

    assert reached == set(State)
    assert {State.CLOSED, State.NOT_ACCEPTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED} == rules.ENDS


def test_nothing_is_decided_that_was_not_accepted_and_nobody_withdraws_a_decision() -> None:
    before = {state for state, to in rules.ALLOWED.items() if {State.DECIDED, State.REFUSED} & to}

    assert before == {State.REVIEWED}
    assert {state for state, to in rules.ALLOWED.items() if State.WITHDRAWN in to} == {
        State.DRAFT, *rules.BEFORE_ACCEPTANCE, *rules.BEFORE_DECISION,
    }  # fmt: skip


def accepted(on: date) -> Case:
    return Case(state=State.ACCEPTED, submitted_at=time.at_noon(on), accepted_at=time.at_noon(on))


@st.composite
def stopped(draw: st.DrawFn) -> list[CaseStop]:
    """At most two stops that have ended, one after the other."""
    days = sorted(draw(st.lists(st.integers(1, 30), min_size=4, max_size=4, unique=True)))
    pairs = [(days[0], days[1]), (days[2], days[3])][: draw(st.integers(0, 2))]
    grounds = st.sampled_from([ground.code for ground in clock.NOT_COUNTED])
    return [
        CaseStop(since=START + timedelta(days=begin), until=START + timedelta(days=end), ground=draw(grounds))
        for begin, end in pairs
    ]


@given(TIMES, TIMES, DECISIONS, EXCEPTIONS, stopped(), st.integers(0, 10))
def test_the_columns_of_a_case_say_what_its_nearest_clock_says(
    promised: Time, statutory: Time, decision: object, exceptions: dict[date, bool], stops: list[CaseStop], longer: int
) -> None:
    case, item = accepted(START), replace(CLEAN, promised=promised, statutory=statutory)
    extensions = [CaseExtension(days=longer, on=START)] if longer else []
    every = rules.clocks_of(case, item, stops, extensions)
    times = rules.times_of(every, decision, exceptions)  # type: ignore[arg-type]
    ends = [clock.due(one, exceptions) for one in every.running]

    assert times.due == min(end for end in ends if end)
    assert times.statutory_due == clock.due(every.statutory, exceptions)  # type: ignore[arg-type]
    case.due, case.yellow_on = times.due, times.yellow_on
    nearest = min(every.running, key=lambda one: clock.due(one, exceptions) or date.max)
    begin = max([START, *(stop.until + DAY for stop in stops if stop.until)])
    for day in days(begin, times.due + 10 * DAY):
        read = clock.read(nearest, exceptions, on=day, yellow=rules.yellow_rule(decision))  # type: ignore[arg-type]
        assert queries.card_of(case, day) == read.card, day


@given(TIMES, DECISIONS, EXCEPTIONS)
def test_yellow_begins_on_the_first_day_that_a_reading_is_yellow(
    promised: Time, decision: object, exceptions: dict[date, bool]
) -> None:
    item = replace(CLEAN, promised=promised, statutory=Time(0))
    every = rules.clocks_of(accepted(START), item, [], [])
    times, rule = rules.times_of(every, decision, exceptions), rules.yellow_rule(decision)  # type: ignore[arg-type]
    assert every.promised
    assert times.due
    assert every.statutory is None

    yellow = (
        day
        for day in days(START, times.due)
        if clock.read(every.promised, exceptions, on=day, yellow=rule).card is Card.YELLOW
    )

    assert times.yellow_on == next(yellow)


@given(DAYS, st.integers(0, 40), EXCEPTIONS)
def test_a_correction_stops_the_first_clock_and_no_other(
    notice: date, lasts: int, exceptions: dict[date, bool]
) -> None:
    corrected = CaseStop(since=notice + DAY, until=notice + lasts * DAY, ground=clock.CORRECTION.code)
    case = Case(state=State.RECEIVED, submitted_at=time.at_noon(START))
    first = rules.clocks_of(case, CLEAN, [corrected], []).acceptance
    assert first
    case.state, case.accepted_at = State.ACCEPTED, time.at_noon(START)

    after = rules.clocks_of(case, CLEAN, [corrected], [])

    without = clock.Clock(clock.ACCEPTANCE, START)
    assert (clock.due(first, exceptions) or date.max) >= (clock.due(without, exceptions) or date.max)
    assert [one.stops for one in (after.promised, after.statutory) if one] == [(), ()]


@given(st.integers(1, 10))
def test_an_extension_adds_to_both_clocks(longer: int) -> None:
    every = rules.clocks_of(accepted(START), CLEAN, [], [CaseExtension(days=longer, on=START)])

    assert [one.extensions for one in (every.promised, every.statutory) if one] == [
        (Extension(longer, clock.APPROVED, START),)
    ] * 2


def test_a_clock_that_stands_has_no_end_and_no_colour() -> None:
    stop = CaseStop(since=START + DAY, until=None, ground="appraisal")

    times = rules.times_of(rules.clocks_of(accepted(START), CLEAN, [stop], []), DECISION, {})

    assert (times.due, times.yellow_on, times.statutory_due) == (None, None, None)
    assert isinstance(rules.GROUNDS["appraisal"], Ground)


def days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
