"""Yellow and red cards as leaders meet them: how each body stands, and which cases are late. Nobody's name."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from gusu.identity.access import Request, page
from gusu.identity.organisations.queries import names_of
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.calendar import queries as calendar
from gusu.kernel.calendar.rules import working_days
from gusu.services.cases import queries as cases
from gusu.services.items import queries as items
from gusu.spaces.words import show


def leads(actor: Actor) -> bool:
    """Leaders see every body, who handles cases their own."""
    return actor.can("cases.lead") or actor.can("cases.handle")


@page(may=leads)
@require_safe
def cards(request: Request) -> HttpResponseBase:
    by, organisation = request.actor, request.GET.get("organisation", "")
    every = cases.cards(by=by)
    late, following = cases.late_cases(by=by, organisation=organisation, after=request.GET.get("after", ""))
    kept = {"organisation": organisation} if organisation else {}
    today, exceptions = clock.today(), calendar.exceptions()
    seen: dict[str, Any] = {
        "bodies": every,
        "over": {one.organisation: working_days(one.worst, today, exceptions) for one in every if one.worst},
        "office": names_of({one.organisation for one in every} | {case.organisation for case in late}),
        "late": late,
        "titles": items.titles({case.item for case in late}),
        "days": cases.days_left(late),
        "cards_of": {case.pk: cases.card_of(case) for case in late},
        "opens": {case.pk for case in late if cases.is_open_to(case, by=by)},
        "organisation": organisation,
        "totals": [sum(getattr(one, name) for one in every) for name in ("open", "yellow", "red")],
        "next": f"?{urlencode(kept | {'after': following})}" if following else "",
    }
    return show(request, "officials/cards.html", seen)
