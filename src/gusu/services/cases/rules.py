"""The one transition table of a case, who may do what to it, and what its clocks are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from gusu.kernel.actor import Actor
from gusu.kernel.calendar.rules import DAY, Exceptions
from gusu.services.cases import clock
from gusu.services.cases.clock import Clock, Extension, Ground, Period, Stop, Unit, YellowRule
from gusu.services.cases.models import Case, CaseExtension, CaseStop, State
from gusu.services.cases.spec import DecisionPiece
from gusu.services.items.queries import ItemPiece

ALLOWED: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN, State.EXPIRED}),
    State.SUBMITTED: frozenset({State.RECEIVED, State.ACCEPTED, State.WITHDRAWN}),
    State.RECEIVED: frozenset({State.RETURNED, State.ACCEPTED, State.NOT_ACCEPTED, State.WITHDRAWN}),
    State.RETURNED: frozenset({State.RECEIVED, State.EXPIRED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.REVIEWED, State.WITHDRAWN}),
    State.REVIEWED: frozenset({State.ACCEPTED, State.DECIDED, State.REFUSED, State.WITHDRAWN}),
    State.DECIDED: frozenset({State.ISSUED}),
    State.ISSUED: frozenset({State.CLOSED}),
}
ENDS = frozenset(state for state in State if state not in ALLOWED)
FROM: dict[str, frozenset[State]] = {  # where a verb begins, where several lead to one state
    "receive_case": frozenset({State.SUBMITTED}),
    "return_case": frozenset({State.RECEIVED}),
    "accept_case": frozenset({State.SUBMITTED, State.RECEIVED}),
    "decline_case": frozenset({State.RECEIVED}),
    "review_case": frozenset({State.ACCEPTED}),
    "send_back_case": frozenset({State.REVIEWED}),
    "decide_case": frozenset({State.REVIEWED}),
    "withdraw_case": frozenset(state for state, to in ALLOWED.items() if State.WITHDRAWN in to) - {State.DRAFT},
}
BEFORE_ACCEPTANCE = frozenset({State.SUBMITTED, State.RECEIVED, State.RETURNED})
BEFORE_DECISION = frozenset({State.ACCEPTED, State.REVIEWED})

GROUNDS: dict[str, Ground] = {ground.code: ground for ground in (*clock.NOT_COUNTED, clock.CORRECTION)}


# Who may


def may_apply(by: Actor, _: object) -> bool:
    """A person whose real name was checked."""
    return by.can("kind.citizen") and by.assurance >= 3 and bool(by.subject)


def is_applicant(by: Actor, case: Case) -> bool:
    """The account it was begun with, or another one of the same person."""
    if by.house:
        return False
    return (bool(by.account) and by.account == case.account) or (bool(by.subject) and by.subject == case.applicant)


def may_look(by: Actor, case: Case) -> bool:
    """The applicant; whom it is about; officials of the body that decides, of the joint counter, and leaders."""
    theirs = is_applicant(by, case) or (bool(by.subject) and by.subject == case.subject)
    return theirs or (case.submitted_at is not None and may_look_as_official(by, case))


def may_look_as_official(by: Actor, case: Case) -> bool:
    return by.can("cases.receive") or (by.organisation == case.organisation and by.can("cases.handle"))


def may_receive(by: Actor, case: Case) -> bool:
    """The joint counter receives for every body (综合窗口受理); a body's own officials receive its own."""
    return may_look_as_official(by, case) and not _is_own(by, case)


def may_handle(by: Actor, case: Case) -> bool:
    return by.organisation == case.organisation and by.can("cases.handle") and not _is_own(by, case)


def may_decide(by: Actor, case: Case) -> bool:
    return by.organisation == case.organisation and by.can("cases.decide") and not _is_own(by, case)


def _is_own(by: Actor, case: Case) -> bool:
    """Nobody handles a case of their own, whichever of their accounts it was begun with."""
    return is_applicant(by, case) or (bool(by.subject) and by.subject == case.subject)


def is_the_house(by: Actor, _: object) -> bool:
    return by.house


def possible(
    case: Case, stops: Iterable[CaseStop], extensions: Iterable[CaseExtension], *, by: Actor
) -> frozenset[str]:
    """The verbs of officials that `by` may do to a case as it stands; every other one would be refused."""
    may = {
        may_receive: ("receive_case", "return_case", "accept_case", "decline_case"),
        may_handle: ("review_case",),
        may_decide: ("send_back_case", "decide_case"),
    }
    found = {verb for rule, verbs in may.items() if rule(by, case) for verb in verbs if case.state in FROM[verb]}
    every = list(stops)
    if any(stop.ground == clock.CORRECTION.code for stop in every):
        found.discard("return_case")
    if case.state in BEFORE_DECISION and may_decide(by, case):
        stands = any(stop.until is None for stop in every)
        found.add("resume_clock" if stands else "stop_clock")
        found |= set() if list(extensions) else {"extend_clock"}
    return frozenset(found)


# Which clocks


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a case: until it is accepted the first one, then the other two. None: there is none."""

    acceptance: Clock | None
    promised: Clock | None
    statutory: Clock | None

    @property
    def running(self) -> list[Clock]:
        """Those that have not ended."""
        every = (self.acceptance, self.promised, self.statutory)
        return [one for one in every if one is not None and one.ended is None]


@dataclass(frozen=True, slots=True)
class Times:
    """When the nearest of the running clocks ends, from when on it shows yellow, when the statutory one ends."""

    due: date | None
    yellow_on: date | None
    statutory_due: date | None


def clocks_of(case: Case, item: ItemPiece, stops: Iterable[CaseStop], extensions: Iterable[CaseExtension]) -> Clocks:
    """The clocks as everything that happened to the case has made them."""
    if case.submitted_at is None:
        return Clocks(None, None, None)
    submitted, accepted, decided, ended = (
        _day(at) for at in (case.submitted_at, case.accepted_at, case.decided_at, case.ended_at)
    )
    every = [Stop(stop.since, stop.until, GROUNDS[stop.ground]) for stop in stops if _takes_a_day(stop)]
    corrections = tuple(stop for stop in every if stop.ground == clock.CORRECTION)
    counted = tuple(stop for stop in every if stop.ground != clock.CORRECTION)
    every_extension = list(extensions)
    longer = tuple(Extension(one.days, clock.APPROVED, one.on) for one in every_extension)
    longer_promise = tuple(Extension(one.days, clock.APPROVED, one.on) for one in every_extension if one.promised)
    acceptance = Clock(clock.ACCEPTANCE, submitted or date.min, corrections, ended=accepted or ended)
    if accepted is None:
        return Clocks(acceptance, None, None)
    over = decided or ended
    promised = _clock(item.promised.days, item.promised.unit, accepted, counted, longer_promise, over)
    statutory = _clock(item.statutory.days, item.statutory.unit, accepted, counted, longer, over)
    return Clocks(acceptance, promised, statutory)


def times_of(clocks: Clocks, decision: DecisionPiece, exceptions: Exceptions) -> Times:
    running = clocks.running
    if not running:
        return Times(None, None, None)
    ends = {one: clock.due(one, exceptions) for one in running}
    nearest = min(running, key=lambda one: ends[one] or date.max)
    statutory = clocks.statutory
    return Times(
        due=ends[nearest],
        yellow_on=_yellow_on(nearest, ends[nearest], decision, exceptions),
        statutory_due=ends.get(statutory) if statutory else None,
    )


def yellow_rule(decision: DecisionPiece) -> YellowRule:
    return YellowRule(decision.yellow_percent, decision.yellow_days)


def _yellow_on(one: Clock, end: date | None, decision: DecisionPiece, exceptions: Exceptions) -> date | None:
    """The first day on which the clock is yellow; a clock that stands shows none."""
    if end is None:
        return None
    day, rule = end, yellow_rule(decision)
    while day > one.start and clock.read(one, exceptions, on=day - DAY, yellow=rule).card is not None:
        day -= timedelta(days=1)
    return day


def _clock(
    days: int, unit: str, start: date, stops: tuple[Stop, ...], longer: tuple[Extension, ...], ended: date | None
) -> Clock | None:
    return Clock(Period(days, Unit(unit)), start, stops, longer, ended) if days else None


def _takes_a_day(stop: CaseStop) -> bool:
    """What is put right on the very day of the notice stops nothing; the row stays, and with it the one notice."""
    return stop.until is None or stop.since <= stop.until


def _day(at: object) -> date | None:
    return timezone.localdate(at) if at else None  # type: ignore[arg-type]
