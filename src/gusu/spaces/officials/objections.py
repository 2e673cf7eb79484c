"""Objections as the department meets them whose value is called wrong: what waits, the first due first; the answer."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gusu.identity.access import Request, page, permission
from gusu.identity.organisations.queries import names_of
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.kernel.looks.parts import NavItem
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.objections import queries
from gusu.resources.objections.actions import answer_objection
from gusu.resources.registers.queries import readings
from gusu.spaces.words import show

PAGE = 30


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """How many objections wait for an organisation, how many of them are overdue, and the nearest last day."""

    waiting: int
    overdue: int
    next_due: date | None


def to_answer(actor: Actor) -> ToAnswer:
    """For the home of whoever answers objections."""
    counts, first = queries.inbox(actor.organisation), queries.objections_for(actor.organisation).first()
    return ToAnswer(counts.waiting, counts.overdue, first.due_on if first else None)


@page(may=permission("objections.answer"))
@require_safe
def inbox(request: Request) -> HttpResponseBase:
    """What the organisation has to answer, and what it answered. Without values: opening one is what leaves a line."""
    answered = request.GET.get("show") == "answered"
    after, ours = request.GET.get("after", ""), request.actor.organisation
    found = list(queries.objections_for(ours, answered=answered, after=after)[:PAGE])
    kept = {"show": "answered"} if answered else {}
    where = reverse("objections")
    seen = {
        "objections": found,
        "counts": queries.inbox(ours),
        "answered": answered,
        "tabs": [
            NavItem(_("Waiting for an answer"), where, not answered),
            NavItem(_("Answered"), f"{where}?show=answered", answered),
        ],
        "names": names_of({ours}),
        "organisation": ours,
        "known": elements({one.element for one in found}),
        "today": clock.today(),
        "next": f"?{urlencode(kept | {'after': found[-1].pk})}" if len(found) == PAGE else "",
    }
    return show(request, "officials/objections.html", seen)


@page(may=permission("objections.answer"))
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: Request, key: str) -> HttpResponseBase:
    """One objection, opened for the purpose of answering it. Another organisation's is not there."""
    objection = queries.objection(key, by=request.actor)
    if objection.provider != request.actor.organisation:
        raise NotFound(kind=Text("异议", "objection"), key=key)
    typed = {name: request.POST.get(name, "").strip() for name in ("verdict", "reason")}
    errors = _missing(typed) if request.method == "POST" else []
    if request.method == "POST" and not errors:
        answer_objection(objection, by=request.actor, **typed)
        messages.success(request, _("Answered. The person reads it in their space."))
        return redirect("objections")
    return show(
        request, "officials/objection.html", _seen(request, objection, errors, typed), status=422 if errors else 200
    )


def _missing(typed: dict[str, str]) -> list[tuple[str, str]]:
    errors = []
    if typed["verdict"] not in {verdict for verdict, *_said in _verdicts()}:
        errors.append(("verdict", _("Say what the answer is")))
    if not typed["reason"]:
        errors.append(("reason", _("Fill this in")))
    elif len(typed["reason"]) > queries.LONGEST_REASON:
        errors.append(("reason", _("At most %(n)s characters") % {"n": queries.LONGEST_REASON}))
    return errors


def _seen(
    request: Request, objection: queries.Objection, errors: list[tuple[str, str]], typed: dict[str, str]
) -> dict[str, Any]:
    known = elements([objection.element])
    return {
        "objection": objection,
        "words": queries.words_of(objection, by=request.actor),
        "known": known,
        "values": readings(known),
        "names": names_of({objection.provider}),
        "may_answer": objection.state in queries.UNANSWERED,
        "may_open_batch": request.actor.can("exchange.read"),
        "verdicts": _verdicts(),
        "today": clock.today(),
        "errors": errors,
        "wrong": dict(errors),
        "typed": typed,
        "longest": queries.LONGEST_REASON,
    }


def _verdicts() -> list[tuple[str, str, str]]:
    return [
        (
            "corrected",
            _("It was wrong and is corrected in our system"),
            _("It is closed when a batch brings the new value"),
        ),
        ("upheld", _("Our value stands"), _("Say why; the person can take it further")),
    ]
