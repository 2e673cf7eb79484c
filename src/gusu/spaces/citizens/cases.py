"""One's own cases: where each stands, until when, why, and what came of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gusu.identity.access import Request, kind, page
from gusu.identity.organisations.queries import names_of
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.kernel.looks.jinja import label
from gusu.kernel.text import Text
from gusu.services.cases import actions
from gusu.services.cases import queries as cases
from gusu.services.cases.actions import NotYourWard, WrongFile
from gusu.services.cases.queries import Case, CaseStop, State
from gusu.services.forms import queries as forms
from gusu.services.items import queries as items
from gusu.services.items.queries import ItemPiece
from gusu.services.licences import queries as licences
from gusu.spaces.citizens.applying import OWN, notice_of, own, said_of
from gusu.spaces.citizens.data import bound
from gusu.spaces.citizens.licences import taken_back
from gusu.spaces.words import about_of, attached, show, whole

ROAD = (State.SUBMITTED, State.ACCEPTED, State.REVIEWED, State.DECIDED, State.ISSUED)
REACHED = {State.RECEIVED: 1, State.RETURNED: 1, State.CLOSED: 5, State.REFUSED: 4}
UNDER_WAY = (State.DECIDED, State.ISSUED)  # the house is at work on it this moment
TAKES_FILES = (State.SUBMITTED, State.RECEIVED, State.ACCEPTED)


@page(may=kind("citizen"))
@require_safe
@bound
def own_cases(request: Request) -> HttpResponseBase:
    found, following = cases.own_cases(by=request.actor, before=request.GET.get("before", ""))
    seen = about(found, request.actor) | {"cases": found, "next": f"?before={following}" if following else ""}
    return show(request, "citizens/cases.html", seen)


@page(may=kind("citizen"))
@require_safe
@bound
def own_case(request: Request, key: str) -> HttpResponseBase:
    """Everything about one case. While the licence is being made the page asks again by itself."""
    case = cases.case_of(key, by=request.actor)
    kept = cases.pinned(case)
    lines = cases.history(case)
    works = case.state in UNDER_WAY  # the page asks again and again: that is one look, not one a second
    may_act = cases.may_act(case, by=request.actor)
    is_told = case.submitted_at is not None and not works and may_act
    answers = cases.handed_in(case, by=request.actor, purpose=OWN) if is_told else {}
    issued = licences.licence_of_case(case.pk) if may_act else None
    revoked = taken_back([issued] if issued else [])
    is_mine = may_act and cases.is_applicant(case, by=request.actor)
    bodies = {line.organisation for line in lines} | {line.organisation for line in revoked.values()}
    stops = cases.stops(case)
    seen: dict[str, Any] = {
        "case": case,
        "piece": kept.item,
        "office": names_of({case.organisation, *bodies}),
        "at": REACHED.get(State(case.state), ROAD.index(State(case.state)) + 1 if case.state in ROAD else 0),
        "road": ROAD,
        "lines": lines,
        "clocks": cases.clocks(case, kept.item, kept.decision),
        "stops": stops,
        "stands_from": _stands_from(stops),
        "today": clock.today(),
        "extensions": cases.extensions(case),
        "grounds": cases.GROUNDS,
        "answers": answers,
        "words": forms.words_of(kept.form),
        "about": about_of(kept),
        "notices": notice_of(case, lines),
        "awaited": cases.corrections_due([case]),
        "files": cases.files_of(case) if may_act else [],
        "may_act": may_act,
        "licence": issued,
        "validity": licences.validity_of(issued) if issued else "",
        "revoked": revoked.get(issued.pk) if issued else None,
        "left": cases.days_left([case]).get(case.pk),
        "is_mine": is_mine,
        "in_stead": _in_stead(case, request.actor),
        "may_withdraw": is_mine and State.WITHDRAWN in cases.possible_states(case) and case.submitted_at is not None,
        "may_hand_in": _may_hand_in(case, kept.item, request.actor) if may_act else {},
        "working": works,
        "is_stuck": works and _is_slow(case),
    }
    return show(request, "citizens/case.html", seen)


@page(may=kind("citizen"))
@require_http_methods(["GET", "HEAD", "POST"])
@bound
def withdrawal(request: Request, key: str) -> HttpResponseBase:
    """Take a case back, after being asked."""
    case = own(key, request.actor)
    if request.method == "POST":
        actions.withdraw_case(case, reason=request.POST.get("reason", "")[:500], by=request.actor)
        messages.success(request, _("The application is withdrawn."))
        return redirect("own_case", key=case.pk)
    return show(request, "citizens/withdrawal.html", {"case": case, "piece": cases.pinned(case).item})


@page(may=kind("citizen"))
@require_POST
@bound
def attach(request: Request, key: str) -> HttpResponseBase:
    """Hand in a material as a file."""
    case, file = own(key, request.actor), request.FILES.get("file")
    material = whole(request.POST.get("material"))
    name = about_of(cases.pinned(case)).get(f"m{material}")
    if name is None:
        raise NotFound(kind=Text("材料", "material"), key=str(material + 1))
    if file is None:
        messages.error(request, _("%(name)s: choose the file to hand in.") % {"name": name})
        return redirect("own_case", key=case.pk)
    try:
        actions.attach_file(case, file.read(actions.LARGEST_FILE + 1), material=material, by=request.actor)
    except WrongFile as refused:
        messages.error(request, said_of(refused, name))
    else:
        messages.success(request, _("%(name)s: the file is handed in.") % {"name": name})
    return redirect("own_case", key=case.pk)


@page(may=kind("citizen"))
@require_safe
@bound
def own_file(request: Request, key: str, file: str) -> HttpResponseBase:
    case = own(key, request.actor)
    if not cases.may_act(case, by=request.actor):
        raise NotYourWard
    found, body = cases.file_of(case, file, by=request.actor, purpose=OWN)
    return attached(found, body, case.number or "draft")


def about(found: Iterable[Case], by: Actor) -> dict[str, Any]:
    """What a list of cases needs beside them, in three queries; in five where a correction is awaited."""
    every = list(found)
    return {
        "titles": items.titles({case.item for case in every}),
        "cards_of": {case.pk: cases.card_of(case) for case in every},
        "days": cases.days_left(every),
        "awaited": cases.corrections_due(every),
        "for_whom": {case.pk: case.applicant_name for case in every if _in_stead(case, by)},
        "offices": names_of({case.organisation for case in every}),
    }


def _may_hand_in(case: Case, item: ItemPiece, by: Actor) -> dict[int, str]:
    """Place → name of the materials that may still follow, while the office has not decided."""
    if not cases.is_applicant(case, by=by) or case.state not in TAKES_FILES:
        return {}
    return {place: label(material.name.text) for place, material in enumerate(item.materials) if not material.is_met}


def _in_stead(case: Case, by: Actor) -> bool:
    """Whether they applied for somebody else."""
    return cases.is_applicant(case, by=by) and case.subject != by.subject


def _stands_from(stops: Iterable[CaseStop]) -> date | None:
    """The first day that no longer counts, where the clock was stopped today; None where it stands or runs."""
    return next((stop.since for stop in stops if stop.until is None and stop.since > clock.today()), None)


def _is_slow(case: Case) -> bool:
    return case.decided_at is not None and (clock.now() - case.decided_at).total_seconds() > 30
