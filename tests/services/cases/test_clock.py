from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gusu.kernel.calendar import rules
from gusu.kernel.text import Text
from gusu.services.cases import clock as law
from gusu.services.cases.clock import (
    Card,
    Clock,
    Day,
    Extension,
    Period,
    Reading,
    State,
    Stop,
    Unit,
    Why,
    YellowRule,
    deemed_accepted,
    due,
    explanation,
    extended,
    read,
)

CHINA = dict.fromkeys(chinese_calendar.constants.holidays, False) | dict.fromkeys(
    chinese_calendar.constants.workdays, True
)
NAMES = {
    date(2026, 10, 1): Text("国庆节", "National Day"),
    date(2026, 10, 10): Text("国庆节调休上班", "National Day: worked in exchange"),
}


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def stop(since: date, until: date | None, ground: law.Ground = law.HEARING) -> Stop:
    return Stop(since, until, ground)


def longer(days: int, on: date) -> Extension:
    return Extension(days, law.APPROVED, on)


# By the statutes, over the days that were announced for 2026


def test_article_32_five_working_days_to_say_what_is_missing() -> None:
    assert due(Clock(law.ACCEPTANCE, day(11, 2)), CHINA) == day(11, 9)


def test_article_32_silence_accepts_from_the_day_the_application_came() -> None:
    silent = Clock(law.ACCEPTANCE, day(11, 2))
    answered_in_time, answered_late = replace(silent, ended=day(11, 9)), replace(silent, ended=day(11, 10))

    assert deemed_accepted(silent, CHINA, on=day(11, 9)) is None
    assert deemed_accepted(silent, CHINA, on=day(11, 10)) == day(11, 2)
    assert deemed_accepted(answered_in_time, CHINA, on=day(11, 30)) is None
    assert deemed_accepted(answered_late, CHINA, on=day(11, 30)) == day(11, 2)


def test_article_32_silence_after_a_correction_accepts_from_the_day_of_the_correction() -> None:
    corrected = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 5), day(11, 20), law.CORRECTION),))
    notice_too_late = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 10), day(11, 20), law.CORRECTION),))

    assert deemed_accepted(corrected, CHINA, on=day(11, 25)) is None
    assert deemed_accepted(corrected, CHINA, on=day(11, 26)) == day(11, 20)
    assert deemed_accepted(notice_too_late, CHINA, on=day(11, 26)) == day(11, 2)


def test_article_32_the_clock_stands_while_the_applicant_corrects_and_goes_on_with_the_days_that_were_left() -> None:
    waiting = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 5), None, law.CORRECTION),))
    corrected = replace(waiting, stops=(stop(day(11, 5), day(11, 20), law.CORRECTION),))

    assert due(waiting, CHINA) is None
    assert read(waiting, CHINA, on=day(12, 31)) == Reading(None, 2, 3, 0, State.STOPPED, None)
    assert due(corrected, CHINA) == day(11, 25)


def test_article_32_what_is_missing_is_said_once() -> None:
    once = stop(day(11, 5), day(11, 6), law.CORRECTION)

    with pytest.raises(law.SecondNotice) as refused:
        Clock(law.ACCEPTANCE, day(11, 2), stops=(once, stop(day(11, 9), None, law.CORRECTION)))

    assert (refused.value.status, refused.value.code) == (409, "second_notice")
    assert refused.value.values == {"first": day(11, 5)}


def test_article_42_twenty_working_days_to_decide() -> None:
    assert due(Clock(law.DECISION, day(11, 2)), CHINA) == day(11, 30)


def test_article_42_the_leader_may_add_ten() -> None:
    decision = extended(Clock(law.DECISION, day(11, 2)), longer(law.DECISION_LONGER, day(11, 30)), CHINA)

    assert due(decision, CHINA) == day(12, 14)


def test_article_42_several_departments_have_forty_five_and_fifteen_more() -> None:
    joint = Clock(law.JOINT, day(3, 2))

    assert due(joint, CHINA) == day(5, 8)
    assert due(extended(joint, longer(law.JOINT_LONGER, day(5, 8)), CHINA), CHINA) == day(5, 28)


def test_article_42_an_extension_after_the_last_day_is_refused_and_says_when_it_was_over() -> None:
    with pytest.raises(law.ExtensionTooLate) as refused:
        extended(Clock(law.DECISION, day(11, 2)), longer(10, day(12, 1)), CHINA)

    assert refused.value.values == {"on": day(12, 1), "over": day(11, 30)}
    assert refused.value.said.zh.startswith("期限已于2026-11-30届满")
    assert refused.value.said.en.startswith("The period was over on 2026-11-30")


def test_article_42_an_extension_after_the_decision_is_refused() -> None:
    decided = Clock(law.DECISION, day(11, 2), ended=day(11, 10))

    with pytest.raises(law.ExtensionTooLate):
        extended(decided, longer(10, day(11, 11)), CHINA)


def test_a_second_extension_is_measured_by_the_period_the_first_has_made() -> None:
    once = extended(Clock(law.DECISION, day(11, 2)), longer(10, day(11, 30)), CHINA)

    assert due(extended(once, longer(5, day(12, 14)), CHINA), CHINA) == day(12, 21)
    with pytest.raises(law.ExtensionTooLate):
        extended(once, longer(5, day(12, 15)), CHINA)


def test_a_calendar_announced_later_unmakes_no_extension() -> None:
    approved = extended(Clock(law.DECISION, day(11, 2)), longer(10, day(11, 30)), CHINA)
    announced = CHINA | {day(11, 28): True}

    assert due(approved, announced) == day(12, 11)


def test_an_extension_may_be_given_while_the_clock_stands() -> None:
    stands = Clock(law.DECISION, day(11, 2), stops=(stop(day(11, 9), None),))

    stands = extended(stands, longer(10, day(12, 31)), CHINA)

    assert due(stands, CHINA) is None
    assert due(replace(stands, stops=(stop(day(11, 9), day(12, 31)),)), CHINA) == date(2027, 2, 5)


def test_article_44_ten_working_days_to_issue_the_licence_over_the_national_day() -> None:
    assert due(Clock(law.ISSUE, day(9, 30)), CHINA) == day(10, 20)


@pytest.mark.parametrize("ground", law.NOT_COUNTED)
def test_article_45_the_days_of_a_hearing_or_an_inspection_do_not_count(ground: law.Ground) -> None:
    held = Clock(law.DECISION, day(11, 2), stops=(stop(day(11, 9), day(11, 13), ground),))

    assert due(held, CHINA) == day(12, 7)


def test_article_82_working_days_leave_out_the_spring_festival_and_count_the_swapped_saturdays() -> None:
    assert due(Clock(Period(2), day(2, 13)), CHINA) == day(2, 24)
    assert due(Clock(Period(6), day(2, 13)), CHINA) == day(2, 28)


def test_article_201_of_the_civil_code_the_day_of_the_event_does_not_count() -> None:
    assert due(Clock(Period(1), day(11, 2)), CHINA) == day(11, 3)
    assert due(Clock(Period(1, Unit.CALENDAR), day(11, 2)), CHINA) == day(11, 3)


def test_article_203_of_the_civil_code_calendar_days_that_end_in_the_holidays_end_after_them() -> None:
    promised = Clock(Period(7, Unit.CALENDAR), day(9, 24))

    lines = explanation(promised, CHINA, on=day(9, 24))

    assert due(promised, CHINA) == day(10, 8)
    assert [line.why for line in lines] == [Why.EVENT, *[Why.COUNTED] * 7, *[Why.HOLIDAY] * 6, Why.CARRIED]
    assert lines[-1].said.zh == "末日为休息日，顺延至本日届满（民法典第二百零三条）"
    assert read(promised, CHINA, on=day(10, 4)) == Reading(day(10, 8), 7, 0, 0, State.RUNNING, Card.YELLOW)


def test_calendar_days_end_on_a_swapped_saturday() -> None:
    assert due(Clock(Period(9, Unit.CALENDAR), day(10, 1)), CHINA) == day(10, 10)


# A due date explains itself


def test_every_day_says_what_it_is() -> None:
    held = Clock(Period(4), day(9, 29), stops=(stop(day(10, 9), day(10, 9)),))

    lines = explanation(held, CHINA, on=day(9, 29), names=NAMES)

    assert [(line.date.day, str(line.said)) for line in lines] == [
        (29, "起算当日，不计入（民法典第二百零一条）"),
        (30, "计入，第1日"),
        (1, "国庆节，不计入"),
        *[(number, "节假日，不计入") for number in range(2, 8)],
        (8, "计入，第2日"),
        (9, "听证期间，期限中止，不计入"),
        (10, "国庆节调休上班，计入，第3日"),
        (11, "周末，不计入"),
        (12, "计入，第4日"),
    ]
    assert lines[10].said.en == "stopped for hearing, not counted"


def test_a_clock_that_stands_explains_itself_up_to_the_day_that_asks() -> None:
    waiting = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 4), None, law.CORRECTION),))

    assert explanation(waiting, CHINA, on=day(11, 5)) == [
        Day(day(11, 2), Why.EVENT, 0),
        Day(day(11, 3), Why.COUNTED, 1),
        Day(day(11, 4), Why.STOPPED, 1, waiting.stops[0]),
        Day(day(11, 5), Why.STOPPED, 1, waiting.stops[0]),
    ]


# Stops


def test_stops_that_overlap_count_once() -> None:
    apart = (stop(day(11, 9), day(11, 13)),)
    over = (
        stop(day(11, 9), day(11, 12)),
        stop(day(11, 10), day(11, 11), law.TESTING),
        stop(day(11, 11), day(11, 13), law.APPRAISAL),
    )

    assert due(Clock(law.DECISION, day(11, 2), stops=over), CHINA) == day(12, 7)
    assert due(Clock(law.DECISION, day(11, 2), stops=apart), CHINA) == day(12, 7)


def test_a_stop_that_began_before_the_period_takes_only_the_days_inside_it() -> None:
    assert due(Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(10, 1), day(11, 3)),)), CHINA) == day(11, 10)


def test_a_stop_after_the_due_date_changes_nothing() -> None:
    late = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 10), None),))

    assert read(late, CHINA, on=day(11, 12)) == Reading(day(11, 9), 5, 0, 3, State.OVERDUE, Card.RED)


def test_a_stop_on_the_day_on_which_calendar_days_would_end_carries_the_end_past_it() -> None:
    promised = Clock(Period(5, Unit.CALENDAR), day(11, 2), stops=(stop(day(11, 9), day(11, 10)),))

    assert due(replace(promised, stops=()), CHINA) == day(11, 9)
    assert due(promised, CHINA) == day(11, 11)


def test_a_stop_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(law.StopEndsBeforeItBegins):
        stop(day(11, 9), day(11, 8))


def test_a_period_or_an_extension_of_no_day_is_refused() -> None:
    with pytest.raises(law.NotEvenADay):
        Period(0)
    with pytest.raises(law.NotEvenADay):
        longer(0, day(11, 2))


# States and cards


def test_a_period_runs_turns_yellow_the_working_day_before_its_end_and_red_the_day_after() -> None:
    decision = Clock(law.DECISION, day(11, 2))

    assert read(decision, CHINA, on=day(11, 1)) == Reading(day(11, 30), 0, 20, 0, State.RUNNING, None)
    assert read(decision, CHINA, on=day(11, 25)).card is None
    assert read(decision, CHINA, on=day(11, 26)) == Reading(day(11, 30), 18, 2, 0, State.RUNNING, Card.YELLOW)
    assert read(decision, CHINA, on=day(11, 30)) == Reading(day(11, 30), 20, 0, 0, State.RUNNING, Card.YELLOW)
    assert read(decision, CHINA, on=day(12, 1)) == Reading(day(11, 30), 20, 0, 1, State.OVERDUE, Card.RED)


def test_the_yellow_rule_is_a_parameter() -> None:
    decision = Clock(law.DECISION, day(11, 2))

    def first_yellow(rule: YellowRule) -> date:
        days = (day(11, number) for number in range(2, 31))
        return next(one for one in days if read(decision, CHINA, on=one, yellow=rule).card is Card.YELLOW)

    assert first_yellow(YellowRule()) == day(11, 26)
    assert first_yellow(YellowRule(percent=50)) == day(11, 16)
    assert first_yellow(YellowRule(percent=None)) == day(11, 27)
    assert first_yellow(YellowRule(percent=100, working_days=3)) == day(11, 25)


def test_a_clock_that_stands_shows_no_yellow_card() -> None:
    held = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 9), day(11, 10)),))

    assert read(held, CHINA, on=day(11, 10)).card is None
    assert read(held, CHINA, on=day(11, 11)).card is Card.YELLOW


def test_a_decision_ends_the_clock_and_a_late_one_keeps_its_red_card() -> None:
    decision = Clock(law.DECISION, day(11, 2))

    in_time = read(replace(decision, ended=day(11, 12)), CHINA, on=day(12, 31))
    late = read(replace(decision, ended=day(12, 2)), CHINA, on=day(12, 31))

    assert in_time == Reading(day(11, 30), 8, 12, 0, State.ENDED, None)
    assert late == Reading(day(11, 30), 20, 0, 2, State.ENDED, Card.RED)
    assert read(replace(decision, ended=day(12, 2)), CHINA, on=day(11, 10)).state is State.RUNNING


def test_a_withdrawal_ends_a_clock_that_stands() -> None:
    withdrawn = Clock(law.ACCEPTANCE, day(11, 2), stops=(stop(day(11, 4), None),), ended=day(11, 6))

    assert read(withdrawn, CHINA, on=day(12, 31)) == Reading(None, 1, 4, 0, State.ENDED, None)


# Against a counter written differently: a set of all days that count, put in order

EPOCH = date(2026, 1, 1)
NEAR = st.integers(0, 120).map(lambda number: EPOCH + timedelta(days=number))
EXCEPTIONS = st.one_of(st.just(CHINA), st.dictionaries(NEAR, st.booleans(), max_size=40))
PERIODS = st.builds(Period, st.integers(1, 45), st.sampled_from(Unit))


@st.composite
def closed_stops(draw: st.DrawFn) -> Stop:
    since = draw(NEAR)
    return stop(since, since + timedelta(days=draw(st.integers(0, 30))), draw(st.sampled_from(law.NOT_COUNTED)))


STOPS = st.lists(closed_stops(), max_size=5).map(tuple)
CLOCKS = st.builds(Clock, PERIODS, NEAR, STOPS)


def days_between(first: date, last: date) -> set[date]:
    return {date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)}


def brute_force(clock: Clock, exceptions: dict[date, bool]) -> tuple[date, list[date]]:
    """(the due date, the days counted up to it)"""
    horizon = days_between(clock.start, clock.start + timedelta(days=900)) - {clock.start}
    standing = set().union(*(days_between(one.since, one.until) for one in clock.stops if one.until))
    worked = {one for one in horizon if one.isoweekday() <= 5} - {one for one, on in exceptions.items() if not on}
    worked |= horizon & {one for one, on in exceptions.items() if on}
    candidates = worked if clock.period.unit is Unit.WORKING else horizon
    total = clock.period.days + sum(extension.days for extension in clock.extensions)
    counted = sorted(candidates - standing)[:total]
    return min(one for one in worked - standing if one >= counted[-1]), counted


@given(CLOCKS, EXCEPTIONS)
def test_due_agrees_with_the_brute_force_counter(clock: Clock, exceptions: dict[date, bool]) -> None:
    assert due(clock, exceptions) == brute_force(clock, exceptions)[0]


@given(CLOCKS, EXCEPTIONS, NEAR)
def test_used_and_left_agree_with_the_brute_force_counter(clock: Clock, exceptions: dict[date, bool], on: date) -> None:
    reading = read(clock, exceptions, on=on)

    used = len([one for one in brute_force(clock, exceptions)[1] if one <= on])
    assert (reading.used, reading.left) == (used, clock.period.days - used)


@given(CLOCKS, EXCEPTIONS)
def test_the_explanation_adds_up_to_the_result(clock: Clock, exceptions: dict[date, bool]) -> None:
    end, counted = brute_force(clock, exceptions)

    lines = explanation(clock, exceptions, on=clock.start)

    assert [line.date for line in lines] == sorted(days_between(clock.start, end))
    assert [line.date for line in lines if line.counted] == counted
    assert [line.count for line in lines] == [len([one for one in counted if one <= line.date]) for line in lines]
    assert all((line.why is Why.STOPPED) == bool(line.stop) for line in lines)
    assert all(line.stop.since <= line.date <= line.stop.last for line in lines if line.stop)


@given(CLOCKS, STOPS, EXCEPTIONS)
def test_more_stops_never_make_the_due_date_earlier(
    clock: Clock, more: tuple[Stop, ...], exceptions: dict[date, bool]
) -> None:
    before, after = due(clock, exceptions), due(replace(clock, stops=clock.stops + more), exceptions)

    assert before is not None
    assert after is not None
    assert before <= after


@given(CLOCKS, NEAR, EXCEPTIONS)
def test_a_stop_without_an_end_leaves_a_due_date_only_when_it_comes_after_it(
    clock: Clock, since: date, exceptions: dict[date, bool]
) -> None:
    before = due(clock, exceptions)

    after = due(replace(clock, stops=(*clock.stops, stop(since, None))), exceptions)

    assert before is not None
    assert after == (before if since > before else None)


@given(CLOCKS, st.integers(1, 20), EXCEPTIONS, st.integers(0, 60))
def test_an_extension_in_time_adds_exactly_its_days(
    clock: Clock, days: int, exceptions: dict[date, bool], after: int
) -> None:
    before = due(clock, exceptions)
    assert before is not None
    on = min(before, clock.start + timedelta(days=after))

    more = extended(clock, longer(days, on), exceptions)
    lines = explanation(more, exceptions, on=clock.start)

    assert due(more, exceptions) == brute_force(more, exceptions)[0] == lines[-1].date
    assert len([line for line in lines if line.counted]) == clock.period.days + days


@given(st.builds(Clock, st.builds(Period, st.integers(1, 45)), NEAR), st.integers(1, 20), EXCEPTIONS)
def test_an_extension_of_working_days_moves_the_end_by_as_many_working_days(
    clock: Clock, days: int, exceptions: dict[date, bool]
) -> None:
    before = due(clock, exceptions)
    assert before is not None

    after = due(extended(clock, longer(days, before), exceptions), exceptions)

    assert after is not None
    assert rules.working_days(before, after, exceptions) == days


@given(CLOCKS, st.integers(1, 60), EXCEPTIONS)
def test_an_extension_after_the_end_is_always_refused(clock: Clock, late: int, exceptions: dict[date, bool]) -> None:
    before = due(clock, exceptions)
    assert before is not None

    with pytest.raises(law.ExtensionTooLate):
        extended(clock, longer(10, before + timedelta(days=late)), exceptions)


@given(CLOCKS, EXCEPTIONS)
def test_a_period_never_ends_on_a_day_off_nor_on_a_day_it_stands(clock: Clock, exceptions: dict[date, bool]) -> None:
    end = due(clock, exceptions)

    assert end is not None
    assert rules.is_working(end, exceptions)
    assert not any(one.since <= end <= one.last for one in clock.stops)


@given(CLOCKS, EXCEPTIONS, NEAR)
def test_a_card_is_red_exactly_when_the_due_date_is_past(clock: Clock, exceptions: dict[date, bool], on: date) -> None:
    end, reading = brute_force(clock, exceptions)[0], read(clock, exceptions, on=on)

    assert (reading.card is Card.RED) == (on > end)
    assert (reading.state is State.OVERDUE) == (on > end)
