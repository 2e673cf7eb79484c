"""What happens to cases in the worker: making the licence, closing, and what the calendar asks."""

from datetime import timedelta

from gusu.identity.accounts.events import AccountClosed
from gusu.kernel import clock as time
from gusu.kernel.actor import house
from gusu.kernel.calendar.events import CalendarChanged
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.actions import hand_over_again
from gusu.resources.exchange.events import OutcomesReturned
from gusu.resources.exchange.queries import refused_outcomes
from gusu.resources.subjects.events import SubjectErased
from gusu.resources.subjects.queries import base_register_at, base_registers
from gusu.services.cases import actions
from gusu.services.cases.clock import CORRECTION
from gusu.services.cases.events import CaseMoved
from gusu.services.cases.models import Case, State
from gusu.services.cases.queries import corrections_due
from gusu.services.licences.events import LicenceRevoked

ISSUE = "gusu.cases.issue"
FORGET = "gusu.cases.forget"
CLOSE = "gusu.cases.close"
HOURLY = "gusu.cases.hourly"
TAKEN_BACK = "gusu.cases.taken_back"
RELEASE = "gusu.cases.release"
RETIME = "gusu.cases.retime"
STUCK = timedelta(minutes=10)
A_MINUTE = 60
MANY = 500


@job(ISSUE)
def issue(case: str) -> None:
    actions.issue_licence(Case.objects.get(pk=case), by=house("worker"))


@job(CLOSE)
def close(case: str) -> None:
    """When the outcome stands in the department's table; what amends one closes nothing."""
    found = Case.objects.filter(pk=case, state=State.ISSUED).first()
    if found:
        actions.close_case(found, by=house("worker"))


@job(TAKEN_BACK)
def taken_back(case: str) -> None:
    actions.return_revocation(Case.objects.get(pk=case), by=house("worker"))


@job(RELEASE)
def release(account: str) -> None:
    actions.release_cases(account, by=house("worker"))


@job(RETIME)
def retime() -> None:
    last = actions.retime_cases("", by=house("worker"))
    while last:
        last = actions.retime_cases(last, by=house("worker"))


@job(FORGET)
def forget(register: int) -> None:
    actions.forget_erased(base_register_at(register).code, by=house("worker"))


@job(HOURLY)
def hourly() -> None:
    """Cases the window was silent about, corrections nobody made, drafts nobody submitted, values kept long enough."""
    by, today = house("worker"), time.today()
    waiting = (State.SUBMITTED, State.RECEIVED)
    for case in Case.objects.filter(state__in=waiting, due__lt=today).order_by("pk")[:MANY]:
        actions.deem_accepted(case, by=by)
    noticed = Case.objects.filter(state=State.RETURNED, stops__until=None, stops__ground=CORRECTION.code)
    returned = list(noticed.order_by("stops__since", "pk")[:MANY])
    awaited = corrections_due(returned)
    for case in returned:
        if case.pk in awaited and awaited[case.pk] < today:
            actions.expire_case(case, by=by)
    over = Case.objects.filter(kept_until__lte=today).order_by("kept_until")
    for case in over.filter(state=State.DRAFT)[:MANY]:
        actions.expire_case(case, by=by)
    for case in over.exclude(ended_at=None)[:MANY]:
        actions.forget_case(case, by=by)
    for register in base_registers():
        actions.forget_erased(register.code, by=by)
    for code, key in refused_outcomes():
        hand_over_again(code, key=key, by=by)
    for case in Case.objects.filter(state=State.DECIDED, decided_at__lt=time.now() - STUCK)[:MANY]:
        later(ISSUE, once=f"{ISSUE}:{case.pk}", case=case.pk)


def on_case_moved(event: CaseMoved) -> None:
    if event.state == State.DECIDED:
        later(ISSUE, once=f"{ISSUE}:{event.case}", case=event.case)


def on_outcomes_returned(event: OutcomesReturned) -> None:
    for key in event.keys:
        later(CLOSE, once=f"{CLOSE}:{key}", case=key)


def on_calendar_changed(event: CalendarChanged) -> None:
    later(RETIME, once=RETIME)
    later(RETIME, once=f"{RETIME}:again", wait=A_MINUTE)  # who was submitting then had read the former calendar


def on_licence_revoked(event: LicenceRevoked) -> None:
    later(TAKEN_BACK, once=f"{TAKEN_BACK}:{event.case}", case=event.case)


def on_account_closed(event: AccountClosed) -> None:
    later(RELEASE, once=f"{RELEASE}:{event.account}", account=event.account)


def on_subject_erased(event: SubjectErased) -> None:
    later(FORGET, once=f"{FORGET}:{event.register}", register=event.register)


def on_hour(event: HourPassed) -> None:
    later(HOURLY, once=HOURLY)
