"""What can happen to an objection."""

from datetime import timedelta
from unicodedata import normalize

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from gusu.identity.purposes.queries import purpose
from gusu.kernel import clock
from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.calendar.queries import add_working_days
from gusu.kernel.errors import NotFound
from gusu.kernel.states import move
from gusu.kernel.text import Text
from gusu.resources.catalogue.queries import entry_of
from gusu.resources.exchange.queries import Batch
from gusu.resources.objections import rules, secrets
from gusu.resources.objections.errors import AlreadyObjected, NothingToObjectTo, NotSaid, SaysTheSame
from gusu.resources.objections.models import Objection, Outcome, State
from gusu.resources.objections.queries import ANSWERING
from gusu.resources.subjects import queries as subjects
from gusu.resources.subjects.queries import OWN_DATA, Said

RIGHT, REASON = Text("正确的值", "What would be right"), Text("理由", "Reason")


@action(may=rules.may_file)
def file_objection(register: str, element: str, *, source: str, right: str, reason: str, by: Actor) -> Objection:
    """The person `by` is bound to says that a source's value of one of their elements is wrong.

    Batch and position of the record come along by themselves; it is sent at once to the organisation that provides the
    source's resource.  NothingToObjectTo, AlreadyObjected, SaysTheSame, NotSaid; NotFound: no such register.
    """
    right, reason = _said(RIGHT, right, rules.LONGEST_RIGHT), _said(REASON, reason, rules.LONGEST_REASON)
    edition = subjects.newest_edition(register)  # before the facts: a later one is then looked at
    objected = _objected(register, element, source, by)
    if _alike(right, objected.value):
        raise SaysTheSame
    resource = next(one.resource for one in subjects.declared(register).sources if one.code == source)
    objection = Objection(
        register=register,
        subject=by.subject,
        element=element,
        source=source,
        resource=resource,
        provider=entry_of(resource).provider,
        batch_id=objected.batch,
        position=objected.position,
        seen_edition=edition.number if edition else 0,
        filed_at=clock.now(),
        due_on=add_working_days(clock.today(), rules.DAYS_TO_ANSWER),
    )
    secrets.seal(objection, objected=objected.value, right=right, reason=reason)
    move(objection, State.SENT, along=rules.TRANSITIONS)
    _keep(objection)
    trail.note(register=register, element=element, source=source, batch=objected.batch, position=objected.position)
    return objection


def _objected(register: str, element: str, source: str, by: Actor) -> Said:
    """The newest word of a source about an element of the person."""
    fact = subjects.facts_about(register, by.subject, [element], purpose=OWN_DATA, by=by)[element]
    told = [said for said in (fact.winner, *fact.losers) if said and said.source == source]
    if not told:
        raise NothingToObjectTo(source=source, element=element)
    return told[0]


def _keep(objection: Objection) -> None:
    try:
        with transaction.atomic():
            objection.save(force_insert=True)
    except IntegrityError:
        raise AlreadyObjected from None


@action(may=rules.may_answer)
def answer_objection(objection: Objection, *, verdict: str, reason: str, by: Actor) -> Objection:
    """The organisation says that it has corrected its own system (`corrected`), or that the value stands (`upheld`).

    What was corrected is closed by the batch that brings it, not by the word.  NotFound: no such verdict.  NotSaid.
    """
    if verdict not in rules.VERDICTS:
        raise NotFound(kind=Text("答复类型", "verdict"), key=verdict)
    secrets.seal(objection, answer=_said(REASON, reason, rules.LONGEST_REASON))
    move(objection, rules.VERDICTS[verdict], along=rules.TRANSITIONS)
    objection.answered_by, objection.answered_at = by.account, clock.now()
    objection.save()
    trail.note(verdict=verdict, element=objection.element, in_time=objection.due_on >= clock.today())
    return objection


@action(may=rules.is_own)
def withdraw(objection: Objection, *, by: Actor) -> Objection:
    """The person takes it back; what they wrote is kept as long as that of any other."""
    return _end(objection, State.WITHDRAWN, Outcome.WITHDRAWN)


@action(may=rules.is_the_house)
def close_corrected(objection: Objection, *, batch: Batch | None, value: str, by: Actor) -> Objection:
    """The source says something else now: `value`, by `batch`; "" and None where it says nothing any more."""
    objection.corrected_by = batch
    objection.as_said = _alike(value, secrets.opened(objection).right)
    trail.note(batch=batch.pk if batch else 0, as_said=objection.as_said)
    return _end(objection, State.CLOSED, Outcome.CORRECTED)


@action(may=rules.is_the_house)
def retime_objections(*, by: Actor) -> int:
    """Set the last days of those that wait for an answer anew: the calendar has changed. Answers how many moved."""
    waiting = Objection.objects.select_for_update().filter(state=State.SENT)
    days = {localdate(one.filed_at) for one in waiting}
    last = {day: add_working_days(day, rules.DAYS_TO_ANSWER) for day in days}
    moved = [one for one in waiting if one.due_on != last[localdate(one.filed_at)]]
    for one in moved:
        one.due_on = last[localdate(one.filed_at)]
    Objection.objects.bulk_update(moved, ["due_on"], batch_size=500)
    trail.note(moved=len(moved))
    return len(moved)


@action(may=rules.is_the_house)
def close_upheld(objection: Objection, *, by: Actor) -> Objection:
    """The time is over in which the answer could be taken further."""
    return _end(objection, State.CLOSED, Outcome.UPHELD)


@action(may=rules.is_the_house)
def forget_words(objection: Objection, *, by: Actor) -> Objection:
    """The person was erased: nothing they wrote stays, and what was open is closed."""
    for field in secrets.FIELDS:
        setattr(objection, field, "")
    if objection.state not in {State.CLOSED, State.WITHDRAWN}:
        return _end(objection, State.CLOSED, Outcome.ERASED)
    objection.save()
    return objection


def drop_old_words() -> int:
    """What was written in objections that ended longer ago than the purpose keeps it; answers in how many."""
    old = clock.now() - timedelta(days=purpose(ANSWERING).retention_days)
    ended = Objection.objects.filter(closed_at__lt=old).exclude(objected="")
    return ended.update(**dict.fromkeys(secrets.FIELDS, ""))


def _end(objection: Objection, state: State, outcome: Outcome) -> Objection:
    move(objection, state, along=rules.TRANSITIONS)
    objection.outcome, objection.closed_at = outcome, clock.now()
    objection.save()
    return objection


def _said(field: Text, value: str, most: int) -> str:
    value = "".join(letter for letter in value.strip() if letter.isprintable() or letter == "\n")
    if not 0 < len(value) <= most:
        raise NotSaid(field=field, most=most)
    return value


def _alike(one: str, other: str) -> bool:
    return normalize("NFKC", one).strip().casefold() == normalize("NFKC", other).strip().casefold()
