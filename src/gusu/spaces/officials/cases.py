"""Cases as officials meet them: the inbox, the most urgent first, and one case with all that is known of it."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gusu.identity.access import Request, page
from gusu.identity.accounts import queries as accounts
from gusu.identity.organisations.queries import names_of
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.looks.jinja import label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange.queries import outcome_of
from gusu.resources.quality.queries import FORMULA
from gusu.resources.subjects import queries as subjects
from gusu.resources.subjects.queries import Fact
from gusu.services.cases import queries as cases
from gusu.services.cases.queries import Asked, Case, Pinned, State
from gusu.services.forms import queries as forms
from gusu.services.forms.queries import Answer, Answers, Words
from gusu.services.items import queries as items
from gusu.services.licences import queries as licences
from gusu.spaces.words import about_of, attached, show, words

OPEN = [state for state in State if state not in cases.ENDS and state != State.DRAFT]
AT_ONCE = 1000  # cases of a file whose names are read together


def casework(actor: Actor) -> bool:
    """Whoever receives, handles or decides cases."""
    return any(actor.can(f"cases.{verb}") for verb in ("receive", "handle", "decide"))


def counted_as(actor: Actor) -> str:
    """Whose open cases the inbox of this official counts: nobody's own ones alone."""
    return _("Open cases of every body") if actor.can("cases.receive") else _("Open cases of your body")


# The inbox


@page(may=casework)
@require_safe
def inbox(request: Request) -> HttpResponseBase:
    """Open cases, overdue ones first; and by its number any."""
    asked, kept = _asked(request)
    found, following = cases.inbox(asked, by=request.actor, after=request.GET.get("after", ""))
    seen = {
        "cases": found,
        "titles": items.titles({case.item for case in found} | forms.forms_in_force()),
        "handlers": accounts.names_of(case.handler for case in found if case.handler),
        "cards_of": {case.pk: cases.card_of(case) for case in found},
        "days": cases.days_left(found),
        "counts": cases.counted(by=request.actor),
        "counted": counted_as(request.actor),
        "asked": kept,
        "states": OPEN,
        "file": urlencode(kept),
        "next": f"?{urlencode(kept | {'after': following})}" if following else "",
    }
    return show(request, "officials/inbox.html", seen)


@page(may=casework)
@require_safe
def inbox_file(request: Request) -> HttpResponseBase:
    """What the inbox shows as a file: numbers, items, bodies, states and days, codes and labels; nobody's name."""
    asked, _kept = _asked(request)
    answer = StreamingHttpResponse(_lines(asked, request.actor), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="cases-{clock.today():%Y%m%d}.csv"'
    return answer


def _asked(request: Request) -> tuple[Asked, dict[str, str]]:
    """(what is looked for, the same as an address says it)."""
    kept = {name: request.GET.get(name, "").strip() for name in ("item", "state", "card", "mine", "number")}
    handler = request.actor.account if kept["mine"] else ""
    asked = Asked(kept["item"], kept["state"], kept["card"], handler=handler, number=kept["number"])
    return asked, {name: value for name, value in kept.items() if value}


def _lines(asked: Asked, by: Actor) -> Iterator[str]:
    said, today, found = words(), clock.today(), cases.listed(asked, by=by)
    yield "\ufeff" + _line(_headings())
    while some := list(islice(found, AT_ONCE)):
        titles, office = items.titles({case.item for case in some}), names_of({case.organisation for case in some})
        for case in some:
            card = cases.card_of(case, today) or ""
            days = (_submitted_on(case), case.due, case.statutory_due)
            yield _line(
                [
                    case.number,
                    *(label(titles.get(case.item)), case.item),
                    *(label(office.get(case.organisation)), case.organisation),
                    *(said["case_states"][case.state], case.state),
                    *days,
                    *(said["cards"].get(card, ""), card),
                ]
            )


def _headings() -> list[str]:
    """Each label has its code beside it."""
    named = [
        name for what in (_("Service"), _("Body"), _("State")) for name in (what, _("%(what)s, code") % {"what": what})
    ]
    card = _("Card")
    days = [_("Submitted on"), _("Due"), _("Due by law")]
    return [_("Number"), *named, *days, card, _("%(what)s, code") % {"what": card}]


def _submitted_on(case: Case) -> date | None:
    return timezone.localdate(case.submitted_at) if case.submitted_at else None


def _line(cells: Sequence[str | date | None]) -> str:
    written = StringIO()
    csv.writer(written).writerow([_as_text("" if cell is None else str(cell)) for cell in cells])
    return written.getvalue()


def _as_text(cell: str) -> str:
    """A spreadsheet would run what looks like a formula (CSV injection); an apostrophe makes it text."""
    return re.sub(FORMULA, r"'\g<0>", cell)


# One case


@dataclass(frozen=True, slots=True)
class Compared:
    """One element: as it was handed in, and as the register says it today.

    change: "" where nothing is to compare, "same", "differs", "gone" (no source has it any longer), "withheld",
    "unavailable".
    """

    element: str
    label: Text
    answer: Answer | None
    said: Text
    fact: Fact | None
    today: Text
    change: str


@page(may=casework)
@require_safe
def official_case(request: Request, key: str) -> HttpResponseBase:
    """One case. That it was looked at, by whom and for what, stands in the trail of the applicant."""
    case = cases.official_case(key, by=request.actor)
    kept = cases.pinned(case)
    answers = cases.handed_in(case, by=request.actor)
    facts = _facts_today(case, kept, request.actor)
    lines, clocks = cases.history(case), cases.clocks(case, kept.item, kept.decision)
    seen = {
        "case": case,
        "item": kept.item,
        "version": items.guide_at(case.item_version_id).number,
        "office": names_of({case.organisation, *(line.organisation for line in lines)}),
        "compared": _compared(kept, answers, facts),
        "trusts": subjects.trusts(kept.form.register, facts),
        "asks_register": bool(facts),
        "materials": _materials(case, kept),
        "clocks": clocks,
        "clock_states": {one.kind: _clock_state(one) for one in clocks},
        "stops": [stop for stop in cases.stops(case) if stop.until is None or stop.since <= stop.until],
        "extensions": cases.extensions(case),
        "grounds": cases.GROUNDS,
        "card": cases.card_of(case),
        "left": cases.days_left([case]).get(case.pk),
        "lines": lines,
        "who": accounts.names_of({case.handler, *(line.account for line in lines)}),
        "about": about_of(kept),
        "may": cases.possible(case, by=request.actor),
        "purpose": cases.HANDLING,
        **_judged(kept, facts, case),
        **_result(case, kept, request.actor),
    }
    return show(request, "officials/case.html", seen)


@page(may=casework)
@require_safe
def case_file(request: Request, key: str, file: str) -> HttpResponseBase:
    """A material as it was handed in."""
    case = cases.official_case(key, by=request.actor)
    found, body = cases.file_of(case, file, by=request.actor)
    return attached(found, body, case.number or "")


def _facts_today(case: Case, kept: Pinned, by: Actor) -> dict[str, Fact]:
    """For the body that decides, while it does: nobody else has a reason to ask."""
    if case.state in cases.ENDS or by.organisation != case.organisation:
        return {}
    asked = [field.element for field in kept.form.fields if field.ask == "register"]
    asked += [one.element for one in kept.decision.granted_when if one.element not in asked]
    return cases.facts_today(case, asked, by=by)


def _compared(kept: Pinned, answers: Answers, facts: Mapping[str, Fact]) -> list[Compared]:
    known = forms.words_of(kept.form)
    return [
        _one_compared(field.element, label_, answers.get(field.element), facts.get(field.element), known)
        for field in kept.form.fields
        for label_ in [field.label.text if field.label else known.elements[field.element].label]
        if field.element in answers or field.element in facts
    ]


def _one_compared(element: str, name: Text, answer: Answer | None, fact: Fact | None, known: Words) -> Compared:
    said = known.said(element, answer.value if answer else "")
    today = known.said(element, (fact.value if fact else None) or "")
    return Compared(element, name, answer, said, fact, today, _change(answer, fact))


def _change(answer: Answer | None, fact: Fact | None) -> str:
    if fact is None or answer is None:
        return ""
    if fact.state in ("withheld", "unavailable"):
        return fact.state
    if fact.state == "unknown":
        return "gone" if answer.given == "register" else ""
    return "same" if fact.value == answer.value else "differs"


def _clock_state(one: cases.Shown) -> str:
    """A clock that was stopped stands from that press on, and runs from the one that lets it run, whatever today is to
    its count.
    """
    if one.clock.ended is None and any(stop.until is None for stop in one.clock.stops):
        return "stopped"
    state = one.reading.state.value
    return "running" if state == "stopped" else state


def _materials(case: Case, kept: Pinned) -> list[tuple[Any, list[Any]]]:
    """Each material of the item with the files handed in for it."""
    files = cases.files_of(case)
    return [
        (material, [file for file in files if file.material == place])
        for place, material in enumerate(kept.item.materials)
    ]


def _judged(kept: Pinned, facts: Mapping[str, Fact], case: Case) -> dict[str, Any]:
    """What the item's rule says of what the register knows today, for whoever decides in its place."""
    judgement = cases.judged_today(kept, facts) if facts and case.granted is None else None
    unclear = judgement.open if judgement else ()
    known = elements(unclear) if unclear else {}
    return {"judgement": judgement, "unclear": [label(known[code].label) for code in unclear]}


def _result(case: Case, kept: Pinned, by: Actor) -> dict[str, Any]:
    """What was issued, and how the outcome fares on its way back to the department."""
    licence = licences.licence_of_case(case.pk)
    to = kept.decision.returned_to
    return {
        "licence": licence,
        "validity": licences.validity_of(licence) if licence else "",
        "may_revoke": licence is not None and may_revoke(licence, by),
        "outcome": outcome_of(to, case.pk) if to and case.granted else None,
    }


def may_revoke(licence: licences.Licence, by: Actor) -> bool:
    """Whether the page offers it; the action asks its own rule."""
    stands = licence.state == licences.State.VALID
    return stands and by.can("licences.revoke") and licences.kind_of(licence).issuer == by.organisation


def said_state(case: Case) -> str:
    return words()["case_states"][case.state]


def not_now(case: Case) -> str:
    return _("This cannot be done now: the case is “%(state)s”.") % {"state": said_state(case)}
