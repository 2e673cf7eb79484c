"""What can be asked of objections.  Lists show no value; opening one leaves a line in the trail."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text
from gusu.resources.objections import secrets
from gusu.resources.objections.models import OPEN, Objection, Outcome, State
from gusu.resources.objections.rules import (
    DAYS_TO_ANSWER,
    LONGEST_REASON,
    LONGEST_RIGHT,
    answers_for,
    is_open,
    is_overdue,
    is_own,
)
from gusu.resources.objections.secrets import Words

__all__ = [
    "DAYS_TO_ANSWER",
    "LONGEST_REASON",
    "LONGEST_RIGHT",
    "OPEN",
    "UNANSWERED",
    "Inbox",
    "Objection",
    "Outcome",
    "State",
    "Words",
    "inbox",
    "is_open",
    "is_overdue",
    "objection",
    "objections_for",
    "objections_of",
    "open_elements",
    "words_of",
]

ANSWERING = "data_quality"  # the purpose under which an official opens an objection
OWN_DATA = "own_data"  # and the person
UNANSWERED = [State.FILED, State.SENT]


@dataclass(frozen=True, slots=True)
class Inbox:
    """How many objections wait for an organisation's answer, and how many of those are overdue."""

    waiting: int
    overdue: int


def objections_of(subject: str, *, before: str = "") -> QuerySet[Objection]:
    """A person's own, newest first; `before` is the keyset."""
    found = Objection.objects.filter(subject=subject).select_related("batch__exchange").order_by("-pk")
    return found.filter(pk__lt=before) if before else found


def open_elements(subject: str, register: str) -> dict[str, str]:
    """Element → the open objection to it."""
    found = Objection.objects.filter(subject=subject, register=register, state__in=OPEN)
    return dict(found.values_list("element", "pk"))


def objections_for(organisation: str, *, answered: bool = False, after: str = "") -> QuerySet[Objection]:
    """Those an organisation answers for: waiting ones with the first due first, answered ones newest first.

    after: the keyset.  An identifier sorts by age, and what was filed earlier is due earlier.
    """
    found = Objection.objects.filter(provider=organisation).select_related("batch__exchange")
    if answered:
        found = found.exclude(state__in=UNANSWERED).order_by("-pk")
        return found.filter(pk__lt=after) if after else found
    return found.filter(state__in=UNANSWERED, pk__gt=after).order_by("pk")


def inbox(organisation: str) -> Inbox:
    waiting = Objection.objects.filter(provider=organisation, state__in=UNANSWERED)
    return Inbox(waiting.count(), waiting.filter(due_on__lt=clock.today()).count())


def objection(key: str, *, by: Actor) -> Objection:
    """One's own, or one that one's organisation answers for; for everybody else it is not there (NotFound)."""
    found = Objection.objects.select_related("batch__exchange", "corrected_by__exchange").filter(pk=key).first()
    if found is None or not (is_own(by, found) or answers_for(by, found)):
        raise NotFound(kind=Text("异议", "objection"), key=key)
    return found


def words_of(objection: Objection, *, by: Actor) -> Words:
    """What was written, open.  Leaves a line about the person: who read it, and for what.  NotFound as `objection`."""
    if not (is_own(by, objection) or answers_for(by, objection)):
        raise NotFound(kind=Text("异议", "objection"), key=objection.pk)
    with transaction.atomic():
        words = secrets.opened(objection)
        about = trail.Named(f"resources.{objection.register}", objection.subject)
        detail: dict[str, object] = {"elements": [objection.element], "objection": objection.pk}
        purpose = OWN_DATA if is_own(by, objection) else ANSWERING
        trail.append("objections.read", by=by, about=about, purpose=purpose, detail=detail)
    return words
