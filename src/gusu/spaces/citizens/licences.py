"""One's own licences, and those of the children one applied for."""

from collections.abc import Iterable

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from gusu.identity.access import Request, kind, page
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.services.cases import queries as cases
from gusu.services.licences import queries as licences
from gusu.services.licences.queries import Licence, LicenceLine
from gusu.spaces.citizens.data import bound
from gusu.spaces.words import show


@page(may=kind("citizen"))
@require_safe
@bound
def own_licences(request: Request) -> HttpResponseBase:
    found = held_by(request.actor)
    seen = {
        "licences": found,
        "kinds": licences.kinds_of(found),
        "taken_back": taken_back(found),
        "validities": {one.pk: licences.validity_of(one) for one in found},
    }
    return show(request, "citizens/licences.html", seen)


@page(may=kind("citizen"))
@require_safe
@bound
def licence_document(request: Request, key: str) -> HttpResponseBase:
    """The signed PDF: for its holder, and for the guardian who applied for it, while they are."""
    found = licences.licence(key)
    if found.holder != request.actor.subject and not _is_theirs(found, request.actor):
        raise NotFound(kind=Licence.NOUN, key=key)
    whom = cases.whom_of(cases.case_of(found.case, by=request.actor))
    answer = HttpResponse(licences.document(found, whom=whom, by=request.actor), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    return answer


def _is_theirs(found: Licence, by: Actor) -> bool:
    """Of somebody for whom `by` applied, and still may act."""
    if not cases.applied_by(found.case, by=by):
        return False
    return cases.may_act(cases.case_of(found.case, by=by), by=by)


def held_by(by: Actor) -> list[Licence]:
    """One's own, and those of cases one applied for in somebody's stead; newest first."""
    own = licences.licences_of(by.subject)
    others = licences.licences_of_cases(cases.cases_for_others(by=by)).values()
    theirs = [one for one in others if _is_theirs(one, by)]
    return sorted([*own, *theirs], key=lambda one: one.pk, reverse=True)


def taken_back(found: Iterable[Licence]) -> dict[str, LicenceLine]:
    """Of those that were taken back the line that says when, on what ground and why; by the licence."""
    revoked = [one for one in found if licences.validity_of(one) == "revoked"]
    return {one.pk: line for one in revoked for line in licences.history(one)[-1:]}
