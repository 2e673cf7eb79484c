"""The legal clock: when a period ends, how much of it is used, and why, day by day. Pure functions; no database here.

A period begins the day after the event (民法典 art. 201). The periods of 行政许可法 are working days (art. 82); other
promises may be calendar days, and these end on a working day (民法典 art. 203). Days that a hearing, an inspection or
an appraisal takes do not count (行政许可法 art. 45); an extension adds its days (art. 42).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import takewhile

from gusu.kernel.calendar.rules import DAY, FRIDAY, Exceptions, is_working, working_days
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

# What goes in


class Unit(StrEnum):
    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a clock stops or is given more days; the law's own are below, an item may declare others."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Period:
    days: int
    unit: Unit = Unit.WORKING

    def __post_init__(self) -> None:
        if self.days < 1:
            raise NotEvenADay(days=self.days)


@dataclass(frozen=True, slots=True)
class Stop:
    """The days that do not count: `since` and `until` are both among them; without `until` the clock still stands."""

    since: date
    until: date | None
    ground: Ground

    def __post_init__(self) -> None:
        if self.last < self.since:
            raise StopEndsBeforeItBegins(since=self.since, until=self.until)

    @property
    def last(self) -> date:
        return self.until or date.max


@dataclass(frozen=True, slots=True)
class Extension:
    """Days added to a period, in the period's own unit; `on` is the day of the approval."""

    days: int
    ground: Ground
    on: date

    def __post_init__(self) -> None:
        if self.days < 1:
            raise NotEvenADay(days=self.days)


@dataclass(frozen=True, slots=True)
class Clock:
    """One period and all that happened to it. `start` is the day of the event; a decision or a withdrawal ends it."""

    period: Period
    start: date
    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()
    ended: date | None = None

    def __post_init__(self) -> None:
        if len(notices := [stop.since for stop in self.stops if stop.ground == CORRECTION]) > 1:
            raise SecondNotice(first=min(notices))

    @property
    def allowed(self) -> int:
        return self.period.days + sum(extension.days for extension in self.extensions)


@dataclass(frozen=True, slots=True)
class YellowRule:
    """When a running clock shows yellow: at a share of its days, or so near its end; None leaves a condition out."""

    percent: int | None = 90
    working_days: int | None = 1


# What the law says: 行政许可法, working days by art. 82

ACCEPTANCE = Period(5)  # art. 32: say once what is missing, or the application is accepted
DECISION, DECISION_LONGER = Period(20), 10  # art. 42; longer with the approval of the body's leader
JOINT, JOINT_LONGER = Period(45), 15  # art. 42: several departments together; longer with their government's approval
FORWARDING = Period(20)  # art. 43: the lower body examines first
ISSUE = Period(10)  # art. 44: the licence is issued and delivered

CORRECTION = Ground("correction", Text("补正", "correction"))
APPROVED = Ground("approved", Text("经负责人批准延长", "extended with the leader's approval"))
NOT_COUNTED = (  # art. 45
    HEARING := Ground("hearing", Text("听证", "hearing")),
    TENDER := Ground("tender", Text("招标", "tender")),
    AUCTION := Ground("auction", Text("拍卖", "auction")),
    INSPECTION := Ground("inspection", Text("检验", "inspection")),
    TESTING := Ground("testing", Text("检测", "testing")),
    QUARANTINE := Ground("quarantine", Text("检疫", "quarantine")),
    APPRAISAL := Ground("appraisal", Text("鉴定", "appraisal")),
    EXPERT_REVIEW := Ground("expert_review", Text("专家评审", "expert review")),
)


# What comes out


class State(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    OVERDUE = "overdue"
    ENDED = "ended"


class Card(StrEnum):
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock on one day. `due` is None while a stop has no end; `used` + `left` are the days allowed; `late` are the
    whole days since `due`, all in the period's unit (so the Saturday after a Friday is overdue by no working day yet).
    """

    due: date | None
    used: int
    left: int
    late: int
    state: State
    card: Card | None


class Why(StrEnum):
    """What a day is to a period."""

    EVENT = "event"
    COUNTED = "counted"
    SWAPPED = "swapped"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    STOPPED = "stopped"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Day:
    """One line of an explanation; `count` is how many days are used when the day is over."""

    date: date
    why: Why
    count: int
    stop: Stop | None = None
    name: Text | None = None

    @property
    def counted(self) -> bool:
        return self.why in (Why.COUNTED, Why.SWAPPED)

    @property
    def said(self) -> Text:
        ground = self.stop.ground.name if self.stop else ""
        return SAYS[self.why].filled(count=self.count, ground=ground, name=self.name or UNNAMED.get(self.why, ""))


SAYS = {
    Why.EVENT: Text(
        "起算当日，不计入（民法典第二百零一条）", "the day of the event itself, not counted (Civil Code art. 201)"
    ),
    Why.COUNTED: Text("计入，第{count}日", "counted, day {count}"),
    Why.SWAPPED: Text("{name}，计入，第{count}日", "{name}: counted, day {count}"),
    Why.WEEKEND: Text("周末，不计入", "weekend, not counted"),
    Why.HOLIDAY: Text("{name}，不计入", "{name}: not counted"),
    Why.STOPPED: Text("{ground}期间，期限中止，不计入", "stopped for {ground}, not counted"),
    Why.CARRIED: Text(
        "末日为休息日，顺延至本日届满（民法典第二百零三条）",
        "the last day was a day off: the period ends today (Civil Code art. 203)",
    ),
}
UNNAMED = {Why.SWAPPED: Text("调休上班日", "Swapped working day"), Why.HOLIDAY: Text("节假日", "Holiday")}


# Reading a clock


def due(clock: Clock, exceptions: Exceptions) -> date | None:
    """The last day of the period; None while a stop has no end. One walk over its days.

    A calendar period ends on a working day on which it does not stand.
    """
    last = clock.start
    for day in _walk(clock, exceptions):
        if day.stop and day.stop.until is None:
            return None
        last = day.date
    return last


def read(clock: Clock, exceptions: Exceptions, *, on: date, yellow: YellowRule | None = None) -> Reading:
    """The clock at the end of the day `on`; once ended it no longer moves."""
    end = due(clock, exceptions)
    now = min(on, clock.ended or on)
    seen = list(takewhile(lambda day: day.date <= now, _walk(clock, exceptions)))
    used = seen[-1].count if seen else 0
    state = _state(clock, end, now, seen)
    late = _late(clock.period.unit, end, now, exceptions)
    if end and now > end:
        card: Card | None = Card.RED
    else:
        soon = state is State.RUNNING and _is_soon(clock, end, now, used, exceptions, yellow or YellowRule())
        card = Card.YELLOW if soon else None
    return Reading(due=end, used=used, left=clock.allowed - used, late=late, state=state, card=card)


def explanation(
    clock: Clock, exceptions: Exceptions, *, on: date, names: Mapping[date, Text] | None = None
) -> list[Day]:
    """Every day from the event to the due date, or to `on` while a stop has no end; `names` are holidays' names."""
    end = due(clock, exceptions) or on
    days = takewhile(lambda day: day.date <= end, _walk(clock, exceptions))
    named = {Why.SWAPPED, Why.HOLIDAY}
    return [replace(day, name=(names or {}).get(day.date)) if day.why in named else day for day in days]


def deemed_accepted(acceptance: Clock, exceptions: Exceptions, *, on: date) -> date | None:
    """Since when an application counts as accepted because the office was silent: the day it came, or the day it was
    corrected (行政许可法 art. 32 para. 1 (4), (5)); None while the office is in time."""
    reading = read(acceptance, exceptions, on=on)
    if reading.due is None or reading.card is not Card.RED:
        return None
    notices = (stop for stop in acceptance.stops if stop.ground == CORRECTION and stop.since <= reading.due)
    return max((notice.last for notice in notices), default=acceptance.start)


def extended(clock: Clock, extension: Extension, exceptions: Exceptions) -> Clock:
    """The clock with more days. Raises `ExtensionTooLate` when the period was over before the day of the approval.

    Asked once, when the extension is given: a calendar announced later may move the end, but unmakes no approval.
    """
    over = min(due(clock, exceptions) or date.max, clock.ended or date.max)
    if extension.on > over:
        raise ExtensionTooLate(on=extension.on, over=over)
    return replace(clock, extensions=(*clock.extensions, extension))


def _walk(clock: Clock, exceptions: Exceptions) -> Iterator[Day]:
    """From the day of the event to the last day of the period; without end when a stop has none."""
    yield Day(clock.start, Why.EVENT, 0)
    count, allowed = 0, clock.allowed
    for day, stop in _with_stops(clock.stops, _days_after(clock.start)):
        why = Why.STOPPED if stop else _why(clock.period.unit, day, exceptions, used_up=count == allowed)
        count += why in (Why.COUNTED, Why.SWAPPED)
        yield Day(day, why, count, stop)
        if count == allowed and stop is None and is_working(day, exceptions):
            return


def _why(unit: Unit, day: date, exceptions: Exceptions, *, used_up: bool) -> Why:
    """What an unstopped day is; when the days are used up, the period only waits for a working day to end on."""
    if unit is Unit.CALENDAR and not used_up:
        return Why.COUNTED
    if not is_working(day, exceptions):
        return Why.HOLIDAY if day in exceptions else Why.WEEKEND
    if used_up:
        return Why.CARRIED
    return Why.SWAPPED if day.weekday() > FRIDAY else Why.COUNTED


def _with_stops(stops: Iterable[Stop], days: Iterable[date]) -> Iterator[tuple[date, Stop | None]]:
    """Each day with a stop that covers it; of several that have begun, the one that lasts longest speaks for all."""
    waiting = deque(sorted(stops, key=lambda stop: stop.since))
    standing: Stop | None = None
    for day in days:
        while waiting and waiting[0].since <= day:
            begun = waiting.popleft()
            standing = max(standing or begun, begun, key=lambda stop: stop.last)
        if standing and standing.last < day:
            standing = None
        yield day, standing


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += DAY
        yield day


def _state(clock: Clock, end: date | None, now: date, seen: list[Day]) -> State:
    if clock.ended == now:
        return State.ENDED
    if end and now > end:
        return State.OVERDUE
    return State.STOPPED if seen and seen[-1].stop else State.RUNNING


def _late(unit: Unit, end: date | None, now: date, exceptions: Exceptions) -> int:
    if end is None or now <= end:
        return 0
    return working_days(end, now, exceptions) if unit is Unit.WORKING else (now - end).days


def _is_soon(clock: Clock, end: date | None, now: date, used: int, exceptions: Exceptions, rule: YellowRule) -> bool:
    """For a running clock only; `end` is missing where a stop without an end lies ahead."""
    if rule.percent is not None and used * 100 >= rule.percent * clock.allowed:
        return True
    return rule.working_days is not None and end is not None and working_days(now, end, exceptions) <= rule.working_days


# What is refused


class Problem(GusuError):
    """What the law, or arithmetic, does not allow."""

    status = 409


class ExtensionTooLate(Problem):
    """A period that is over cannot be made longer (行政许可法 art. 42)."""

    code = "extension_too_late"
    says = Text(
        "期限已于{over}届满或终止，{on}批准的延长无效（行政许可法第四十二条）。请直接作出决定并说明逾期原因。",
        "The period was over on {over}; an extension approved on {on} has no effect (Administrative Licensing Law "
        "art. 42). Decide now, and give the reason for the delay.",
    )


class SecondNotice(Problem):
    """What is missing is said once, all of it (行政许可法 art. 32)."""

    code = "second_notice"
    says = Text(
        "已于{first}一次性告知补正内容，不得再次要求补正（行政许可法第三十二条）。请根据现有材料办理。",
        "What is missing was said on {first}; it may be said only once (Administrative Licensing Law art. 32). "
        "Go on with the materials there are.",
    )


class StopEndsBeforeItBegins(Problem):
    """A stop's last day lies before its first."""

    status, code = 400, "stop_ends_before_it_begins"
    says = Text(
        "中止的结束日{until}早于开始日{since}。请核对两个日期。",
        "The stop ends on {until}, before it begins on {since}. Check the two days.",
    )


class NotEvenADay(Problem):
    """A period or an extension of less than a day."""

    status, code = 400, "not_even_a_day"
    says = Text(
        "期限或延长须至少一日，现为{days}日。即办事项不设期限。",
        "A period or an extension has at least one day, not {days}. An item done at once has no period.",
    )
