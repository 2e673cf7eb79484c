"""Objections that end by themselves: what they waited for has come, their time is over, or their person is erased."""

from collections.abc import Iterable
from contextlib import suppress

from gusu.kernel import clock
from gusu.kernel.actor import Actor, house
from gusu.kernel.calendar.events import CalendarChanged
from gusu.kernel.errors import IllegalMove
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.queries import batches_by_id
from gusu.resources.objections.actions import (
    close_corrected,
    close_upheld,
    drop_old_words,
    forget_words,
    retime_objections,
)
from gusu.resources.objections.models import Objection, State
from gusu.resources.objections.queries import ANSWERING, OPEN
from gusu.resources.objections.rules import RECONSIDERATION
from gusu.resources.objections.secrets import opened
from gusu.resources.subjects.events import BasePublished, SubjectErased
from gusu.resources.subjects.queries import Said, forgotten, newest_edition, said_since

LOOK = "gusu.objections.look"
TIDY = "gusu.objections.tidy"
RETIME = "gusu.objections.retime"
AT_ONCE = 1000  # objections looked at in one statement


@job(LOOK)
def look(register: str) -> None:
    look_for_corrections(register, by=house("worker"))


@job(TIDY)
def tidy() -> None:
    forget_the_erased(by=house("worker"))
    close_the_answered(by=house("worker"))
    drop_old_words()


@job(RETIME)
def retime() -> None:
    retime_objections(by=house("worker"))


def on_base_published(event: BasePublished) -> None:
    if Objection.objects.filter(register=event.register, state__in=OPEN).exists():
        _look_later(event.register)


def on_subject_erased(event: SubjectErased) -> None:
    later(TIDY, once=TIDY)


def on_calendar_changed(event: CalendarChanged) -> None:
    later(RETIME, once=RETIME)
    later(RETIME, once=f"{RETIME}:again", wait=60)  # who was objecting then had read the former calendar


def on_hour(event: HourPassed) -> None:
    later(TIDY, once=TIDY)
    for register in Objection.objects.filter(state__in=OPEN).values_list("register", flat=True).distinct():
        _look_later(register)


def look_for_corrections(register: str, *, by: Actor) -> int:
    """Close what has come back with another value; answers how many.

    One statement for a thousand open objections, and only dossiers written since the last look are opened.
    """
    edition, closed, last = newest_edition(register), 0, ""
    waiting = Objection.objects.filter(register=register, state__in=OPEN).order_by("pk")
    while edition and (some := list(waiting.filter(pk__gt=last, seen_edition__lt=edition.number)[:AT_ONCE])):
        closed += _close_changed(register, some, by)
        unseen = Objection.objects.filter(pk__in=[one.pk for one in some], seen_edition__lt=edition.number)
        unseen.update(seen_edition=edition.number)
        last = some[-1].pk
    return closed


def _close_changed(register: str, waiting: list[Objection], by: Actor) -> int:
    asked: dict[str, tuple[int, list[str]]] = {}
    for one in waiting:
        seen, elements = asked.get(one.subject, (one.seen_edition, []))
        asked[one.subject] = (min(seen, one.seen_edition), [*elements, one.element])
    heard = said_since(register, asked, purpose=ANSWERING, by=by)
    changed = [(one, _newest(one, heard[one.subject][one.element])) for one in waiting if one.subject in heard]
    changed = [(one, now) for one, now in changed if (now.value if now else "") != opened(one).objected]
    batches = batches_by_id({now.batch for _, now in changed if now})
    for one, now in changed:
        with suppress(IllegalMove):  # withdrawn meanwhile
            close_corrected(one, batch=batches[now.batch] if now else None, value=now.value if now else "", by=by)
    return len(changed)


def _newest(objection: Objection, told: Iterable[Said]) -> Said | None:
    return next((said for said in told if said.source == objection.source), None)


def forget_the_erased(*, by: Actor) -> None:
    kept = Objection.objects.exclude(objected="")
    for register in list(kept.values_list("register", flat=True).distinct()):
        for objection in kept.filter(register=register, subject__in=forgotten(register)):
            forget_words(objection, by=by)


def close_the_answered(*, by: Actor) -> None:
    for objection in Objection.objects.filter(state=State.UPHELD, answered_at__lt=clock.now() - RECONSIDERATION):
        close_upheld(objection, by=by)


def _look_later(register: str) -> None:
    later(LOOK, once=f"{LOOK}:{register}", register=register)
