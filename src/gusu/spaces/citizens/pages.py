"""A citizen's home: what needs them, what is under way, what they hold."""

from datetime import timedelta

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from gusu.identity.access import Request, kind, page
from gusu.kernel import clock
from gusu.kernel.vocabulary.queries import labels_of
from gusu.services.cases import queries as cases
from gusu.services.cases.queries import State
from gusu.services.forms.queries import forms_in_force
from gusu.services.items import queries as items
from gusu.services.licences import queries as licences
from gusu.spaces.citizens.cases import about
from gusu.spaces.citizens.licences import taken_back
from gusu.spaces.words import show

FEW = 5
TOLD = timedelta(days=30)  # how long the home says that a licence was taken back


@page(may=kind("citizen"))
@require_safe
def home(request: Request) -> HttpResponseBase:
    actor = request.actor
    found = cases.own_cases(by=actor)[0] if actor.subject else []
    held = licences.licences_of(actor.subject) if actor.subject else []
    revoked, lately = taken_back(held), clock.now() - TOLD
    counted = items.facets(items.Asked())["event"]
    events = labels_of("service.life_event")
    online = forms_in_force()
    seen = about(found, actor) | {
        "actor": actor,
        "needed": [case for case in found if case.state in (State.DRAFT, State.RETURNED)],
        "open": [case for case in found if case.submitted_at and not case.ended_at and case.state != State.RETURNED],
        "ended": [case for case in found if case.submitted_at and case.ended_at][:FEW],
        "licences": held[:FEW],
        "taken_back": revoked,
        "taken_lately": [one for one in held if one.pk in revoked and revoked[one.pk].at > lately],
        "kinds": licences.kinds_of(held),
        "validities": {one.pk: licences.validity_of(one) for one in held},
        "online": [item for item in items.items()[0] if item.item in online][:6],
        "events": [(code, events[code], counted[code]) for code in events if counted.get(code)],
    }
    return show(request, "citizens/home.html", seen)
