"""What can happen to a case: every verb moves it along the one table, appends a line, and sets its clocks anew."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from gusu.identity.purposes.queries import purpose
from gusu.kernel import clock as time
from gusu.kernel.action import action, step
from gusu.kernel.actor import Actor, house
from gusu.kernel.audit import trail
from gusu.kernel.calendar import queries as calendar
from gusu.kernel.calendar.rules import DAY, Exceptions
from gusu.kernel.errors import GusuError, IllegalMove, NotAllowed, NotFound
from gusu.kernel.states import move
from gusu.kernel.text import Text
from gusu.resources.exchange.actions import forget_outcomes, return_outcome
from gusu.resources.exchange.queries import Return, return_of
from gusu.resources.subjects.queries import GUARDIANSHIP, Fact, facts_about, forgotten
from gusu.services.cases import answers as sealed
from gusu.services.cases import clock, judging, queries, rules
from gusu.services.cases.clock import CORRECTION, SecondNotice
from gusu.services.cases.errors import (
    AcceptedByLaw,
    AlreadyHeld,
    AlreadyUnderWay,
    NoLongerOffered,
    NotForOneself,
    NothingMissing,
    NotYourWard,
    ReasonMissing,
    WrongFile,
)
from gusu.services.cases.events import CaseMoved
from gusu.services.cases.models import (
    NEVER,
    Case,
    CaseAnswers,
    CaseExtension,
    CaseFile,
    CaseLine,
    CaseStop,
    DecisionVersion,
    State,
)
from gusu.services.cases.queries import HANDLING, Pinned
from gusu.services.cases.spec import DecisionPiece, written
from gusu.services.forms import queries as forms
from gusu.services.forms.queries import Answers, Incomplete, RegisterChanged, Typed
from gusu.services.items import queries as items
from gusu.services.licences import actions as licences
from gusu.services.licences.queries import (
    Licence,
    held_of,
    history,
    kinds_for,
    licence_of_case,
    readable_of,
    valid_of_kind,
    validity_of,
)
from gusu.services.versions import end, follow

__all__ = ["AlreadyHeld", "AlreadyUnderWay", "NoLongerOffered", "NotForOneself", "NotYourWard", "WrongFile"]
LARGEST_FILE = 5 << 20
MOST_FILES = 10  # of one material
A_YEAR = timedelta(days=365)
AT_ONCE = 500  # cases in one transaction
MAGIC = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
BY_RULE = replace(house("rule"), name="rule")


@dataclass(frozen=True, slots=True)
class Missing:
    """One line of a correction notice. about: an element of the form, or a material's place in the item ("m0")."""

    about: str
    said: str


def write_decisions(pieces: Sequence[DecisionPiece]) -> None:
    """Keep what packs declare, inside packkit's `apply`."""
    follow(DecisionVersion, {piece.decision: (piece.item, written(piece)) for piece in pieces})


def end_decisions(names: list[str]) -> None:
    end(DecisionVersion, names)


# The applicant


@action(may=rules.may_apply)
def open_case(item: str, *, subject: str, by: Actor) -> Case:
    """A draft for this item about this person, or the one that was begun before.

    It pins today's versions of item, form and decision.  NotFound: no such item, or none that one applies for online.
    NotForOneself, NotYourWard, AlreadyUnderWay, AlreadyHeld.
    """
    guide, form, (decision, _) = items.guide_of(item), forms.form_of(item), queries.decision_of(item)
    if guide.until_at:
        raise NoLongerOffered
    if subject == by.subject and not form.piece.own:
        raise NotForOneself
    _refuse_strangers(form.piece, subject, guide.piece.organisation, by)
    _refuse_a_second(guide.item.item, subject)
    values = {
        "item_version_id": guide.pk,
        "form_version_id": form.pk,
        "decision_version_id": decision,
        "organisation": guide.piece.organisation,
        "applicant": by.subject,
        "opened_at": time.now(),
    }
    trail.note(item=guide.item.item)
    try:
        with transaction.atomic():
            kept, is_new = Case.objects.get_or_create(
                account=by.account, item=guide.item.item, subject=subject, state=State.DRAFT, defaults=values
            )
    except IntegrityError:  # begun in two windows at once: the other one won
        return Case.objects.get(account=by.account, item=guide.item.item, subject=subject, state=State.DRAFT)
    if is_new:
        kept.kept_until = time.today() + timedelta(days=queries.pinned(kept).decision.draft_days)
        kept.save(update_fields=["kept_until"])
    return kept


@action(may=rules.is_applicant)
def save_case(case: Case, typed: Typed, *, by: Actor) -> Case:
    """Keep what was typed so far, right or wrong, of the elements the form asks; nothing else."""
    _only_in(case, State.DRAFT, State.RETURNED)
    _refuse_strangers_to(case, by)
    _keep_typed(case, typed, queries.pinned(case))
    return case


@action(may=rules.is_applicant, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def submit_case(case: Case, typed: Typed, *, seen: str, by: Actor) -> Case:
    """Hand in a draft, or the correction of a case that was returned.

    The register is asked again: what it knows is taken from it, whatever a browser sends.  seen: the code of the page
    that was shown (`forms.seen`).  A submission that comes twice is one case: the second answers the first.  Raises
    RegisterChanged, LockedField, Incomplete, NoLongerOffered, AlreadyUnderWay, AlreadyHeld.
    """
    if case.state not in (State.DRAFT, State.RETURNED) and case.submitted_at:
        return case
    kept = queries.pinned(case)
    _refuse_strangers_to(case, by)
    if case.state == State.DRAFT and not forms.is_offered(kept.decision.item):
        raise NoLongerOffered
    asker = queries.asker(kept, by)
    facts = forms.prefilled(kept.form, case.subject, by=asker)
    if seen != forms.seen(kept.form, case.subject, facts):
        raise RegisterChanged
    answers = _answered(case, kept, facts, typed)
    is_correction = case.state == State.RETURNED
    if not is_correction:
        _refuse_what_is_held(case.item, case.subject)
    _hand_in(case, kept, answers)
    if is_correction:
        case.stops.filter(until=None, ground=CORRECTION.code).update(until=time.today())
        _move(case, State.RECEIVED, "correct_case", by, kept=kept)
    else:
        try:
            _move(case, State.SUBMITTED, "submit_case", by, kept=kept)
        except IntegrityError:
            raise AlreadyUnderWay(number=IN_THE_LIST) from None
        _decide_by_rule(case, kept, answers, facts, asker)
    return case


@action(may=rules.is_applicant)
def discard_case(case: Case, *, by: Actor) -> Case:
    """Throw a draft away, with everything typed into it."""
    _only_in(case, State.DRAFT)
    _forget(case)
    return _move(case, State.WITHDRAWN, "discard_case", by)


@action(may=rules.is_applicant, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def withdraw_case(case: Case, *, reason: str = "", by: Actor) -> Case:
    """The applicant takes it back, any time before the decision."""
    _only_from(case, "withdraw_case")
    _refuse_strangers_to(case, by)
    return _move(case, State.WITHDRAWN, "withdraw_case", by, said=reason.strip())


@action(may=rules.is_applicant)
def attach_file(case: Case, body: bytes, *, material: int, by: Actor) -> CaseFile:
    """Hand in a material as a file; its kind is told by its first bytes, not by its name. WrongFile."""
    _only_in(case, State.DRAFT, State.SUBMITTED, State.RECEIVED, State.RETURNED, State.ACCEPTED)
    _refuse_strangers_to(case, by)
    kind = next((media for begins, media in MAGIC.items() if body.startswith(begins)), "")
    materials = queries.pinned(case).item.materials
    wrong = not kind or len(body) > LARGEST_FILE or not 0 <= material < len(materials)
    if wrong or case.files.filter(material=material).count() >= MOST_FILES:
        raise WrongFile(material=material + 1, most=LARGEST_FILE >> 20, files=MOST_FILES)
    digest = sha256(body).hexdigest()
    if twice := case.files.filter(material=material, sha256=digest).first():
        return twice
    file = CaseFile(case=case, material=material, media_type=kind, size=len(body), sha256=digest, at=time.now())
    file.sealed = sealed.closed_file(file.pk, body)
    file.save(force_insert=True)
    trail.note(material=material, size=len(body))
    return file


@action(may=rules.is_applicant)
def remove_file(case: Case, file: str, *, by: Actor) -> Case:
    """Take a file back before the submission, or while the case is being corrected."""
    _only_in(case, State.DRAFT, State.RETURNED)
    _refuse_strangers_to(case, by)
    case.files.filter(pk=file).delete()
    return case


# The window


@action(may=rules.may_receive, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def receive_case(case: Case, *, by: Actor) -> Case:
    """Take a case in hand (收件)."""
    _only_from(case, "receive_case")
    case.handler = by.account
    return _move(case, State.RECEIVED, "receive_case", by)


@action(may=rules.may_receive, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def return_case(case: Case, missing: Sequence[Missing], *, said: str = "", by: Actor) -> Case:
    """One notice that lists everything to be put right (补正告知书, 行政许可法 art. 32); the clock stands meanwhile.

    Raises NothingMissing, SecondNotice.
    """
    if not missing:
        raise NothingMissing
    _refuse_after_silence(case)
    if notice := case.stops.filter(ground=CORRECTION.code).first():
        raise SecondNotice(first=notice.since)
    today = time.today()
    CaseStop.objects.create(case=case, since=today + DAY, ground=CORRECTION.code)
    listed = [{"about": one.about, "said": one.said} for one in missing]
    return _move(case, State.RETURNED, "return_case", by, said=said.strip(), detail={"missing": listed})


@action(may=rules.may_receive, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def accept_case(case: Case, *, by: Actor) -> Case:
    """受理: from here on the promised and the statutory clock run."""
    _only_from(case, "accept_case")
    since = _silent_since(case)
    case.handler = case.handler or by.account
    case.accepted_at = time.at_noon(since) if since else time.now()
    return _move(case, State.ACCEPTED, "accept_case", by)


@action(may=rules.may_receive, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def decline_case(case: Case, *, reason: str, by: Actor) -> Case:
    """不予受理, with the reason (行政许可法 art. 32 (1), (2)). AcceptedByLaw."""
    _refuse_after_silence(case)
    return _move(case, State.NOT_ACCEPTED, "decline_case", by, said=_reason(reason))


# The body


@action(may=rules.may_handle, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def review_case(case: Case, *, opinion: str, by: Actor) -> Case:
    """审查, with an opinion for whoever decides."""
    case.handler = by.account
    return _move(case, State.REVIEWED, "review_case", by, said=_reason(opinion))


@action(may=rules.may_decide, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def send_back_case(case: Case, *, reason: str, by: Actor) -> Case:
    """Whoever decides wants it reviewed again."""
    _only_from(case, "send_back_case")
    return _move(case, State.ACCEPTED, "send_back_case", by, said=_reason(reason))


@action(may=rules.may_decide, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def decide_case(case: Case, *, granted: bool, reason: str = "", by: Actor) -> Case:
    """准予 or 不予; who refuses gives the reason (行政许可法 art. 38)."""
    return _decided(case, granted, reason.strip() if granted else _reason(reason), by)


@action(may=rules.may_decide)
def stop_clock(case: Case, *, ground: str, reason: str, by: Actor) -> Case:
    """The days from tomorrow on do not count, for a hearing, an inspection … (行政许可法 art. 45)."""
    counted = {one.code for one in clock.NOT_COUNTED}
    if ground not in counted or case.state not in rules.BEFORE_DECISION or case.stops.filter(until=None).exists():
        raise NotAllowed(verb="cases.stop_clock")
    CaseStop.objects.create(case=case, since=time.today() + DAY, ground=ground)
    return _moved(case, "stop_clock", by, said=_reason(reason), detail={"ground": ground})


@action(may=rules.may_decide)
def resume_clock(case: Case, *, by: Actor) -> Case:
    """Today is the last day that does not count."""
    _only_in(case, *rules.BEFORE_DECISION)
    standing = case.stops.filter(until=None).exclude(ground=CORRECTION.code).first()
    if standing is None:
        raise NotAllowed(verb="cases.resume_clock")
    if standing.since > time.today():
        standing.delete()
    else:
        standing.until = time.today()
        standing.save(update_fields=["until"])
    return _moved(case, "resume_clock", by)


@action(may=rules.may_decide)
def extend_clock(case: Case, *, days: int, reason: str, by: Actor) -> Case:
    """More days, once, with the approval of the body's leader (行政许可法 art. 42). ExtensionTooLate."""
    if case.state not in rules.BEFORE_DECISION or case.extensions.exists() or not 1 <= days <= clock.DECISION_LONGER:
        raise NotAllowed(verb="cases.extend_clock")
    kept, said, today, exceptions = queries.pinned(case), _reason(reason), time.today(), calendar.exceptions()
    every = rules.clocks_of(case, kept.item, case.stops.all(), [])
    if every.statutory:
        clock.extended(every.statutory, clock.Extension(days, clock.APPROVED, today), exceptions)
    promise = clock.due(every.promised, exceptions) if every.promised else None
    is_kept = promise is None or today <= promise
    CaseExtension.objects.create(case=case, days=days, on=today, reason=said, promised=is_kept)
    return _moved(case, "extend_clock", by, said=said, detail={"days": days})


# The house


@step
def issue_licence(case: Case, *, by: Actor) -> Callable[[Case], CaseMoved] | None:
    """制证: draw and sign what the item results in; keep it, and send the outcome on its way, in one commit."""
    if case.state != State.DECIDED:
        return None
    kept = queries.pinned(case)
    row = CaseAnswers.objects.get(case=case, revision=case.revision)
    values = dict.fromkeys(kept.form.elements, "")
    values |= {code: answer.value for code, answer in sealed.opened(row).items()}
    kind = next(iter(kinds_for(case.item)), None)
    made = licences.made(kind, case=case.pk, holder=case.subject, values=values) if kind else None

    def commit(fresh: Case) -> CaseMoved:
        outcome = values | {"case.number": fresh.number or ""}
        if made:
            formers = valid_of_kind(made.licence)
            licence = licences.keep(made, by=by)
            for former in formers:
                _return_end(Case.objects.get(pk=former.case), former, time.today(), by)
            outcome |= {
                "licence.number": licence.number,
                "licence.issued_on": licence.valid_from.isoformat(),
                "licence.valid_to": licence.valid_to.isoformat() if licence.valid_to else "",
            }
        _move(fresh, State.ISSUED, "issue_licence", by, kept=kept)
        if kept.decision.returned_to:
            return_outcome(kept.decision.returned_to, key=fresh.pk, row=outcome, by=by)
        else:
            _move(fresh, State.CLOSED, "close_case", by, kept=kept)
        return CaseMoved(case=fresh.pk, state=fresh.state)

    return commit


@action(may=rules.is_the_house)
def return_revocation(case: Case, *, by: Actor) -> Case:
    """The licence was taken back: in the department's own table it ends that day, and the register learns it there.

    For returns that know a row by the licence's number and tell until when it is valid.
    """
    licence = licence_of_case(case.pk)
    if licence and validity_of(licence) == "revoked":
        _return_end(case, licence, localdate(history(licence)[-1].at), by)
    return case


def _return_end(case: Case, licence: Licence, ended: date, by: Actor) -> None:
    road = _road_of(case)
    if road is None or not _tells_validity(road):
        return
    last = min(ended, licence.valid_to or ended)
    row = {"licence.number": licence.number, "licence.valid_to": last.isoformat()}
    return_outcome(road.code, key=f"{case.pk}.ended", row=row, amends=True, by=by)


def _road_of(case: Case) -> Return | None:
    """By which its outcome went back; None where it did not, or the agreement has ended."""
    try:
        return return_of(queries.pinned(case).decision.returned_to)
    except NotFound:
        return None


def _tells_validity(road: Return) -> bool:
    return road.columns[road.settings["key"]] == "licence.number" and "licence.valid_to" in road.columns.values()


def issue_at_once(case: Case) -> None:
    """For somebody who waits before a screen: not behind the long steps that the worker may be at, some 0.3 s.

    Whatever is in the way leaves its line, and the worker, whose job is queued, tries it in its own time.
    """
    if case.state == State.DECIDED:
        with suppress(GusuError):
            issue_licence(case, by=house("web"))


@action(may=rules.is_the_house, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def close_case(case: Case, *, by: Actor) -> Case:
    """办结: the department has the outcome in its own system. Twice is as once."""
    return case if case.state == State.CLOSED else _move(case, State.CLOSED, "close_case", by)


@action(may=rules.is_the_house, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def deem_accepted(case: Case, *, by: Actor) -> Case:
    """The window was silent for five working days: the case counts as accepted since the day it came, or was corrected
    (行政许可法 art. 32)."""
    since = _silent_since(case)
    if since is None:
        return case
    case.accepted_at = time.at_noon(since)
    return _move(case, State.ACCEPTED, "deem_accepted", by)


@action(may=rules.is_the_house, tells=lambda case: CaseMoved(case=case.pk, state=case.state))
def expire_case(case: Case, *, by: Actor) -> Case:
    """A draft nobody submitted, a correction nobody made: it ends, and what was typed goes. One that has moved on
    meanwhile goes its way.
    """
    if case.state not in (State.DRAFT, State.RETURNED):
        return case
    if case.state == State.DRAFT:
        _forget(case)
    return _move(case, State.EXPIRED, "expire_case", by)


@action(may=rules.is_the_house)
def forget_case(case: Case, *, by: Actor) -> Case:
    """Retention is over: what the applicant said, their name and their files go; what happened stays."""
    _forget(case)
    case.lines.exclude(said="", detail={}).update(said="", detail={})
    CaseExtension.objects.filter(case=case).update(reason="")
    issued = licence_of_case(case.pk)
    case.applicant_name, case.kept_until = "", None
    if issued and validity_of(issued) == "valid":
        case.kept_until = (issued.valid_to or time.today() + A_YEAR) + DAY  # then it is asked again
    elif issued:
        licences.forget_licence(issued, by=by)
    forget_outcomes([case.pk, f"{case.pk}.ended"], by=by)
    case.save(update_fields=["applicant_name", "kept_until"])
    return case


@action(may=rules.is_the_house)
def retime_cases(after: str, *, by: Actor) -> str:
    """Read the clocks of the next open cases anew: the calendar has changed. Answers the last one's id, or ""."""
    waiting = Case.objects.filter(pk__gt=after, submitted_at__isnull=False, ended_at=None).order_by("pk")
    some = list(waiting.select_for_update().prefetch_related("stops", "extensions")[:AT_ONCE])
    exceptions, moved = calendar.exceptions(), []
    for case in some:
        before = [getattr(case, name) for name in TIMED]
        _set_times(case, queries.pinned(case), exceptions)
        if before != [getattr(case, name) for name in TIMED]:
            moved.append(case)
    Case.objects.bulk_update(moved, TIMED)
    trail.note(cases=len(some), moved=len(moved))
    return some[-1].pk if len(some) == AT_ONCE else ""


def forget_erased(register: str, *, by: Actor) -> None:
    """Whoever was erased from the register: drafts go, ended cases forget, open ones will when they end; what is
    printed on their licences goes, number and state stay for whoever holds one.  Twice is as once."""
    them = forgotten(register)
    theirs = Case.objects.filter(subject__in=them)
    for case in theirs.filter(state=State.DRAFT):
        expire_case(case, by=by)
    is_told = Q(answers__isnull=False) | ~Q(applicant_name="")
    for case in theirs.filter(is_told, ended_at__isnull=False).distinct():
        forget_case(case, by=by)
    with transaction.atomic():
        _open_of(subject__in=them, kept_until=None).update(kept_until=time.today())
    for licence in readable_of(them):
        licences.forget_licence(licence, by=by)


@action(may=rules.is_the_house)
def release_cases(account: str, *, by: Actor) -> int:
    """Whoever had these in hand left: they are nobody's again, and stay in the inbox. Answers how many."""
    released = _open_of(handler=account).update(handler="")
    trail.note(account=account, cases=released)
    return released


def _open_of(**whose: object) -> "QuerySet[Case]":
    """Open cases, locked in the order of their ids, as `retime_cases` locks them: two that lock many never wait in a
    circle.
    """
    mine = Case.objects.filter(ended_at=None, **whose).order_by("pk").select_for_update()
    return Case.objects.filter(pk__in=list(mine.values_list("pk", flat=True)))


# What every verb does

TIMED = ["due", "urgent_by", "yellow_on", "statutory_due"]
NEXT_NUMBER = "SELECT nextval('services_case_number')"


def _move(
    case: Case,
    to: State,
    verb: str,
    by: Actor,
    *,
    said: str = "",
    detail: Mapping[str, object] | None = None,
    kept: Pinned | None = None,
) -> Case:
    """Along the table, with a line and the clocks set anew."""
    move(case, to, along=rules.ALLOWED)
    if to in rules.ENDS:
        case.ended_at = time.now()
        case.kept_until = case.kept_until or _kept_until()
    if to in rules.ENDS or to == State.DECIDED:
        case.stops.filter(until=None, since__gt=time.today()).delete()
        case.stops.filter(until=None).update(until=time.today())
    trail.note(to=to.value)
    return _moved(case, verb, by, said=said, detail=detail, kept=kept)


def _moved(
    case: Case,
    verb: str,
    by: Actor,
    *,
    said: str = "",
    detail: Mapping[str, object] | None = None,
    kept: Pinned | None = None,
) -> Case:
    CaseLine.objects.create(
        case=case,
        number=1 if verb == "submit_case" else case.lines.count() + 1,
        at=time.now(),
        verb=verb,
        state=case.state,
        account=by.account,
        organisation=by.organisation,
        said=said,
        detail=dict(detail or {}),
    )
    _set_times(case, kept or queries.pinned(case))
    case.save()
    return case


def _set_times(case: Case, kept: Pinned, exceptions: Exceptions | None = None) -> None:
    """exceptions: of the calendar, where they are at hand."""
    begins = case.state == State.SUBMITTED  # nothing can have stopped or stretched a clock yet
    stops, longer = ([], []) if begins else (list(case.stops.all()), list(case.extensions.all()))
    every = rules.clocks_of(case, kept.item, stops, longer)
    since = localdate(case.submitted_at) if case.submitted_at else time.today()
    times = rules.times_of(every, kept.decision, calendar.exceptions(since) if exceptions is None else exceptions)
    case.due, case.yellow_on, case.statutory_due = times.due, times.yellow_on, times.statutory_due
    case.urgent_by = times.due or NEVER


def _answered(case: Case, kept: Pinned, facts: Mapping[str, Fact], typed: Typed) -> Answers:
    """What is handed in; Incomplete names what is missing of the form and of the materials, all at once."""
    faults, answers = {}, Answers()
    try:
        answers = forms.answered(forms.asked(kept.form, facts, typed, forms.words_of(kept.form, facts)), typed)
    except Incomplete as incomplete:
        faults = incomplete.faults
    faults |= queries.materials_missing(case, kept.item)
    if faults:
        raise Incomplete(faults)
    return answers


IN_THE_LIST = Text("（见“我的办件”）", "see 'My cases'")


def _hand_in(case: Case, kept: Pinned, answers: Answers) -> None:
    name = answers.get(kept.form.applicant)
    case.revision += 1
    case.applicant_name = name.value if name else ""
    if case.submitted_at is None:
        case.submitted_at, case.kept_until = time.now(), None  # an erasure since then is not undone by a correction
    case.number = case.number or _next_number()
    CaseAnswers.objects.create(
        case=case,
        revision=case.revision,
        at=time.now(),
        sealed=sealed.closed(case, case.revision, answers),
    )
    case.answers.filter(revision=sealed.DRAFT).delete()


def _is_typed(answers: Answers, field: forms.Field) -> bool:
    """Whether the applicant typed what the register is asked for."""
    answer = answers.get(field.element)
    return field.ask == "register" and answer is not None and answer.given == "applicant" and bool(answer.value)


def _decide_by_rule(case: Case, kept: Pinned, answers: Answers, facts: Mapping[str, Fact], asker: Actor) -> None:
    """An instant item goes the whole way at once, where the rule can tell; else it waits for a person.

    So it does where the applicant typed what the register should have known: nobody has vouched for that.
    """
    conditions = kept.decision.granted_when
    if not conditions or any(_is_typed(answers, field) for field in kept.form.fields):
        return
    more = [one.element for one in conditions if one.element not in facts]
    told = facts_about(kept.form.register, case.subject, more, purpose=HANDLING, by=asker) if more else {}
    judgement = judging.judged(conditions, {**facts, **told}, on=time.today())
    trail.note(rule=str(judgement.granted))
    if judgement.granted is None:
        return
    case.accepted_at = time.now()
    _move(case, State.ACCEPTED, "accept_case", BY_RULE, kept=kept)
    _move(case, State.REVIEWED, "review_case", BY_RULE, kept=kept)
    reasons = [{"zh": reason.zh, "en": reason.en} for reason in judgement.reasons]
    _decided(case, judgement.granted, "", BY_RULE, kept=kept, reasons=reasons)


def _decided(
    case: Case,
    granted: bool,
    said: str,
    by: Actor,
    *,
    kept: Pinned | None = None,
    reasons: Sequence[Mapping[str, str]] = (),
) -> Case:
    case.granted, case.decided_at = granted, time.now()
    to = State.DECIDED if granted else State.REFUSED
    detail: dict[str, object] = {"reasons": list(reasons)} if reasons else {}
    return _move(case, to, "decide_case", by, said=said, detail=detail, kept=kept)


def _only_from(case: Case, verb: str) -> None:
    """IllegalMove where the verb does not begin in this state: the table leads to one state from several."""
    if case.state not in rules.FROM[verb]:
        raise IllegalMove(noun=Case.NOUN, state=case.state, to=verb)


def _only_in(case: Case, *states: State) -> None:
    """IllegalMove where the case is in none of these."""
    if case.state not in states:
        raise IllegalMove(noun=Case.NOUN, state=case.state, to=states[0].value)


def _silent_since(case: Case) -> date | None:
    """Since when the case counts as accepted because nobody answered; None while the office is in time."""
    if case.state not in (State.SUBMITTED, State.RECEIVED):
        return None
    first = rules.clocks_of(case, queries.pinned(case).item, case.stops.all(), []).acceptance
    since = clock.deemed_accepted(first, calendar.exceptions(), on=time.today()) if first else None
    corrected = case.stops.filter(ground=CORRECTION.code, until__isnull=False).values_list("until", flat=True)
    return max([since, *(day for day in corrected if day)]) if since else None


def _refuse_after_silence(case: Case) -> None:
    if since := _silent_since(case):
        raise AcceptedByLaw(since=since.isoformat())


def _keep_typed(case: Case, typed: Typed, kept: Pinned) -> None:
    known = {code: typed[code].strip()[:500] for code in kept.form.elements if typed.get(code, "").strip()}
    CaseAnswers.objects.update_or_create(
        case=case,
        revision=sealed.DRAFT,
        defaults={"at": time.now(), "sealed": sealed.closed_draft(case, known)},
    )


def _forget(case: Case) -> None:
    case.answers.all().delete()
    case.files.all().delete()


def _refuse_a_second(item: str, subject: str) -> None:
    """One application at a time for one person and item, whoever hands it in; the database has the last word."""
    under_way = Case.objects.filter(item=item, subject=subject, submitted_at__isnull=False, ended_at=None).first()
    if under_way:
        raise AlreadyUnderWay(number=under_way.number)
    _refuse_what_is_held(item, subject)


def _refuse_what_is_held(item: str, subject: str) -> None:
    held = held_of(item, subject)
    if held and (held.renewable_on is None or time.today() < held.renewable_on):
        raise AlreadyHeld(since=_renewable_since(held.renewable_on))


def _renewable_since(day: date | None) -> Text:
    return Text(f"{day} 起", f"From {day} on") if day else Text("失效后", "Once it is no longer valid")


def _refuse_strangers_to(case: Case, by: Actor) -> None:
    """NotYourWard where whoever applied may no longer act for the person: of age, moved out, an account bound anew."""
    kept = queries.pinned(case)
    _refuse_strangers(kept.form, case.subject, kept.item.organisation, by)


def _refuse_strangers(form: forms.FormPiece, subject: str, organisation: str, by: Actor) -> None:
    if not queries.acts_for(form, subject, organisation, by=by):
        refusal = NotYourWard()  # the looks are rolled back with everything else: this line is what is left of them
        refusal.about, refusal.purpose = trail.Named(f"resources.{form.register}", subject), GUARDIANSHIP
        raise refusal


def _next_number() -> str:
    """The day and a serial: 20261124 00000042."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER)
        [(serial,)] = cursor.fetchall()
    return f"{time.today():%Y%m%d}{serial:08d}"


def _kept_until() -> date:
    return time.today() + timedelta(days=purpose(HANDLING).retention_days)


def _reason(said: str) -> str:
    if not said.strip():
        raise ReasonMissing
    return said.strip()
