"""One's own licences, and those of the children one applied for."""

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from gusu.identity.access import Request, kind, page
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.services.cases import queries as cases
from gusu.services.licences import queries as licences
from gusu.services.licences.queries import Licence
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
    answer = HttpResponse(licences.document(found, by=request.actor), content_type="application/pdf")
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
    others = licences.licences_of_cases(cases.cases_for_others(by=by))
    return sorted([*own, *others.values()], key=lambda one: one.pk, reverse=True)
