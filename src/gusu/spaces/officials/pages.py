"""The officials' home, the data officer's runs and quarantine, the auditor's trail, the calendar."""

from datetime import date, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gusu.identity.access import Request, kind, page, permission
from gusu.identity.purposes.queries import purposes_in_force
from gusu.kernel import clock
from gusu.kernel.audit import queries as trail
from gusu.kernel.calendar import queries as calendar_queries
from gusu.kernel.calendar.actions import set_day
from gusu.kernel.looks.jinja import label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange import queries as exchange_queries
from gusu.resources.exchange.actions import drop, open_batch
from gusu.resources.quality import queries as quality_queries
from gusu.resources.registers import queries as registers_queries
from gusu.resources.registers.queries import readings
from gusu.resources.subjects import queries as subjects_queries
from gusu.resources.subjects.actions import ERASED_WITHIN, Ground, erase_subject
from gusu.services.cases import queries as cases_queries
from gusu.spaces.officials.cases import casework, counted_as
from gusu.spaces.officials.objections import to_answer
from gusu.spaces.words import show, whole, words

PAGE = 30
MOST_FAULTS = 100
EXPLAINING = "data_quality"  # the purpose a data officer looks for
LARGEST_UPLOAD = 200 * 1024 * 1024


@page(may=kind("official"))
@require_safe
def home(request: Request) -> HttpResponseBase:
    seen: dict[str, Any] = {"actor": request.actor, "exchanges": [], "seal": None, "counts": None, "objections": None}
    if request.actor.can("exchange.read"):
        seen["exchanges"] = exchange_queries.exchanges()
    if casework(request.actor):
        seen |= {"counts": cases_queries.counted(by=request.actor), "counted": counted_as(request.actor)}
    if request.actor.can("objections.answer"):
        seen["objections"] = to_answer(request.actor)
    if request.actor.can("audit.read"):
        seen["seal"] = trail.newest_seal()
    return show(request, "officials/home.html", seen)


@page(may=permission("exchange.read"))
@require_safe
def runs(request: Request) -> HttpResponseBase:
    """Standing exchanges, and every batch, newest first."""
    chosen, state = request.GET.get("exchange", ""), request.GET.get("state", "")
    before = whole(request.GET.get("before"))
    batches = list(exchange_queries.batches(exchange=chosen, state=state, before=before)[:PAGE])
    kept = {"exchange": chosen, "state": state}
    exchanges = exchange_queries.exchanges()
    registers = registers_queries.registers()
    newest = registers_queries.newest_editions(register.code for register in registers)
    states = words()["batch_states"]
    seen = {
        "exchanges": exchanges,
        "exchange_options": [("", _("all")), *((one.code, label(one.title)) for one in exchanges)],
        "state_options": [("", _("all")), *states.items()],
        "batches": batches,
        "chosen": chosen,
        "state": state,
        "editions": [(register, newest.get(register.code)) for register in registers],
        "bases": subjects_queries.newest_editions() if request.actor.can("registers.explain") else [],
        "next": f"?{urlencode(kept | {'before': batches[-1].pk})}" if len(batches) == PAGE else "",
        "may_run": request.actor.can("exchange.run"),
        "working": any(batch.state in exchange_queries.UNDER_WAY for batch in batches),
    }
    return show(request, "officials/runs.html", seen)


@page(may=permission("exchange.run"))
@require_POST
def receive(request: Request, code: str) -> HttpResponseBase:
    """Receive from the exchange's own place, or from the file delivered with the form."""
    exchange = exchange_queries.exchange_of(code)
    file = request.FILES.get("file")
    if file is not None and (file.size or 0) > LARGEST_UPLOAD:
        messages.error(request, _("The file is larger than 200 MB. Deliver it to the exchange's folder instead."))
        return redirect("runs")
    if file is None and request.content_type == "multipart/form-data":
        messages.error(request, _("Choose the file to deliver."))
        return redirect("runs")
    source = drop(file.name or "delivered.csv", file.chunks()) if file else ""
    batch = open_batch(exchange, by=request.actor, source=source)
    messages.success(request, _("Batch %(batch)s is opened; it is received in the background.") % {"batch": batch})
    return redirect("batch", code=code, number=batch.number)


@page(may=permission("exchange.read"))
@require_safe
def batch(request: Request, code: str, number: int) -> HttpResponseBase:
    """One batch: where it stands, what it adds up to, what each rule found, which rows are kept out."""
    batch = exchange_queries.batch_numbered(code, number)
    check = quality_queries.check_of(batch)
    rule, after = request.GET.get("rule", ""), whole(request.GET.get("after"))
    may_see = request.actor.can("quality.read")
    kept_out = list(quality_queries.quarantine(batch, rule=rule, after=after)[:PAGE]) if may_see else []
    results = list(check.results.order_by("-failed", "rule")) if check else []
    seen = {
        "batch": batch,
        "check": check,
        "results": results,
        "kept_out": kept_out,
        "may_see": may_see,
        "titles": {result.rule: Text(result.title_zh, result.title_en) for result in results},
        "rule": rule,
        "next": f"?{urlencode({'rule': rule, 'after': kept_out[-1].pk})}" if len(kept_out) == PAGE else "",
        "working": batch.state in exchange_queries.UNDER_WAY,
    }
    return show(request, "officials/batch.html", seen)


@page(may=permission("quality.read"))
@require_safe
def quarantine_file(request: Request, code: str, number: int) -> HttpResponseBase:
    """The list that goes back to the department: position, item and reason; no value leaves with it."""
    batch = exchange_queries.batch_numbered(code, number)
    answer = StreamingHttpResponse(quality_queries.returned(batch), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-{number:06d}-quarantine.csv"'
    return answer


@page(may=permission("registers.explain"))
@require_safe
def base_register(request: Request, code: str) -> HttpResponseBase:
    """A base register: its editions, the doubts between sources, and the door to one subject."""
    return _base_register(request, code, errors=[], typed={})


@page(may=permission("registers.explain"))
@require_POST
def look_up(request: Request, code: str) -> HttpResponseBase:
    """Find subjects by a whole value. It is posted, so that it stands in no address and no log."""
    typed = {name: request.POST.get(name, "").strip() for name in ("element", "value", "purpose")}
    errors = [(name, _("Fill this in")) for name in typed if not typed[name]]
    if errors:
        return _base_register(request, code, errors=errors, typed=typed)
    found = subjects_queries.found_by(
        code, typed["element"], typed["value"], purpose=typed["purpose"], by=request.actor
    )
    if len(found) == 1:
        return redirect(f"{reverse('golden_record', args=[code, found[0]])}?{urlencode({'purpose': typed['purpose']})}")
    return _base_register(request, code, errors=[], typed=typed, found=found)


def _base_register(
    request: Request,
    code: str,
    *,
    errors: list[tuple[str, str]],
    typed: dict[str, str],
    found: list[str] | None = None,
) -> HttpResponseBase:
    register = subjects_queries.base_register(code)
    spec = subjects_queries.declared(code)
    known = elements(spec.find_by)
    seen = {
        "register": register,
        "editions": subjects_queries.base_editions(code),
        "doubts": [(doubt.title.text, doubt.code) for doubt in spec.doubts],
        "element_options": [(element, label(known[element].label)) for element in spec.find_by],
        "purpose_options": _purposes(),
        "errors": errors,
        "wrong": dict(errors),
        "typed": {"element": spec.number, "value": "", "purpose": EXPLAINING} | typed,
        "found": found,
        "erasures": subjects_queries.erasures(code),
    }
    return show(request, "officials/base_register.html", seen, status=422 if errors else 200)


@page(may=permission("registers.explain"))
@require_safe
def doubt(request: Request, code: str, doubt: str) -> HttpResponseBase:
    """The subjects about whom sources contradict each other in one way, and the lists that go back to the sources."""
    register, declared = subjects_queries.base_register(code), subjects_queries.doubt_of(code, doubt)
    purpose, after = request.GET.get("purpose", EXPLAINING), request.GET.get("after", "")
    subjects = subjects_queries.doubted(code, doubt, after=after, limit=PAGE, purpose=purpose, by=request.actor)
    edition = subjects_queries.newest_edition(code)
    asked = {"purpose": purpose}
    seen = {
        "register": register,
        "doubt": doubt,
        "title": declared.title.text,
        "count": edition.doubts.get(doubt, 0) if edition else 0,
        "sources": subjects_queries.sources_of(code, declared) if request.actor.can("quality.read") else [],
        "subjects": subjects,
        "asked": urlencode(asked),
        "next": f"?{urlencode(asked | {'after': subjects[-1]})}" if len(subjects) == PAGE else "",
    }
    return show(request, "officials/doubt.html", seen)


@page(may=permission("quality.read"))
@require_safe
def doubt_file(request: Request, code: str, doubt: str, source: str) -> HttpResponseBase:
    """The list of a doubt for one source's department: batch, position and item; no value leaves with it."""
    rows = subjects_queries.doubts_of(code, doubt, source, purpose=EXPLAINING, by=request.actor)
    answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-{doubt}-{source}.csv"'
    return answer


@page(may=permission("registers.explain"))
@require_safe
def golden_record(request: Request, code: str, subject: str) -> HttpResponseBase:
    """One subject: each value, who says so and why it stands, who says otherwise; today, or as of a moment.

    Opening it leaves a line in the trail.
    """
    register = subjects_queries.base_register(code)
    purpose, asked = request.GET.get("purpose", EXPLAINING), list(subjects_queries.declared(code).elements)
    typed = {name: request.GET.get(name, "").strip() for name in ("true_on", "known_at")}
    errors, true_on, known_at = _moments(typed)
    facts: dict[str, subjects_queries.Fact] = {}
    if true_on or known_at:
        facts = subjects_queries.facts_as_of(
            code, subject, asked, true_on=true_on, known_at=known_at, purpose=purpose, by=request.actor
        )
    elif not errors:
        facts = subjects_queries.facts_about(code, subject, asked, purpose=purpose, by=request.actor)
    batches = {said.batch for fact in facts.values() for said in (fact.winner, *fact.losers) if said}
    seen = _about_one(register, subject, purpose, asked) | {
        "facts": [fact for fact in facts.values() if fact.winner],
        "without": {
            state: [fact.element for fact in facts.values() if fact.state == state]
            for state in ("unknown", "withheld", "unavailable")
        },
        "trusts": subjects_queries.trusts(code, facts),
        "doubts": {} if true_on or known_at else subjects_queries.doubts_about(code, subject, facts),
        "batches": exchange_queries.batches_by_id(batches),
        "errors": errors,
        "wrong": dict(errors),
        "typed": typed,
        "true_on": true_on,
        "known_at": known_at,
        "may_erase": request.actor.can("subjects.erase"),
    }
    return show(request, "officials/golden_record.html", seen, status=422 if errors else 200)


@page(may=permission("registers.explain"))
@require_safe
def timeline(request: Request, code: str, subject: str) -> HttpResponseBase:
    """Everything that was ever said of one subject, newest first. Opening it leaves a line in the trail."""
    register = subjects_queries.base_register(code)
    purpose, asked = request.GET.get("purpose", EXPLAINING), list(subjects_queries.declared(code).elements)
    found = subjects_queries.timeline(code, subject, asked, purpose=purpose, by=request.actor)
    told = [word for word in found.words if word.what != "repeated"]
    seen = _about_one(register, subject, purpose, asked) | {
        "told": told,
        "repeated": len(found.words) - len(told),
        "withheld": found.withheld,
        "unread": found.unread,
        "batches": exchange_queries.batches_by_id({word.batch for word in told}),
        "wrong": {},
        "typed": {"true_on": "", "known_at": ""},
    }
    return show(request, "officials/timeline.html", seen)


@page(may=permission("subjects.erase"))
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: Request, code: str, subject: str) -> HttpResponseBase:
    """Forget a subject for good: what it does is said first, then it is asked once more."""
    register = subjects_queries.base_register(code)
    typed = {name: request.POST.get(name, "").strip() for name in ("ground", "sure")}
    errors = []
    if request.method == "POST":
        if typed["ground"] not in dict(_grounds()):
            errors.append(("ground", _("Say on which ground")))
        if not typed["sure"]:
            errors.append(("sure", _("Confirm that you know it cannot be undone")))
        if not errors:
            erase_subject(register, subject=subject, ground=typed["ground"], by=request.actor)
            messages.success(request, _("Forgotten. Nobody is told anything of this subject any more."))
            return redirect("base_register", code)
    seen = {
        "register": register,
        "subject": subject,
        "grounds": _grounds(),
        "days": ERASED_WITHIN.days,
        "errors": errors,
        "wrong": dict(errors),
        "typed": typed,
    }
    return show(request, "officials/erase.html", seen, status=422 if errors else 200)


def _grounds() -> list[tuple[str, str]]:
    """The grounds of Article 47 of the Personal Information Protection Law."""
    return [
        (Ground.PURPOSE_ACHIEVED, _("The purpose is achieved, cannot be, or needs it no more")),
        (Ground.RETENTION_OVER, _("The service has ended, or the time of keeping is over")),
        (Ground.CONSENT_WITHDRAWN, _("The person has withdrawn their consent")),
        (Ground.UNLAWFUL, _("It was handled against the law or an agreement")),
        (Ground.LAW, _("Another case laid down by law")),
    ]


def _about_one(register: subjects_queries.BaseRegister, subject: str, purpose: str, asked: list[str]) -> dict[str, Any]:
    """What every page about one subject needs."""
    known = elements(asked)
    return {
        "register": register,
        "subject": subject,
        "known": known,
        "values": readings(known),
        "purpose": purpose,
        "purpose_label": dict(_purposes()).get(purpose, purpose),
    }


def _moments(typed: dict[str, str]) -> tuple[list[tuple[str, str]], date | None, datetime | None]:
    """(errors, true on, known at) of what was typed into the form that asks as of a moment."""
    errors, true_on, known_at = [], None, None
    try:
        true_on = date.fromisoformat(typed["true_on"]) if typed["true_on"] else None
    except ValueError:
        errors.append(("true_on", _("Enter the day as 2026-10-01")))
    try:
        known_at = timezone.make_aware(datetime.fromisoformat(typed["known_at"])) if typed["known_at"] else None
    except ValueError:
        errors.append(("known_at", _("Enter the moment as 2026-10-01T09:30")))
    return errors, true_on, known_at


def _purposes() -> list[tuple[str, str]]:
    return [(purpose.code, label(purpose.name)) for purpose in purposes_in_force()]


@page(may=permission("audit.read"))
@require_safe
def audit(request: Request) -> HttpResponseBase:
    """Who did what. Reading the trail is itself nothing about a person; lines hold ids and codes only."""
    asked = {name: request.GET.get(name, "").strip() for name in ("actor", "verb", "outcome", "subject")}
    lines = list(trail.lines(**asked, before=whole(request.GET.get("before")))[:PAGE])
    seen = {
        "lines": lines,
        "asked": asked,
        "seal": trail.newest_seal(),
        "faults": list(islice(trail.faults(), MOST_FAULTS)) if "verify" in request.GET else None,
        "next": f"?{urlencode(asked | {'before': lines[-1].pk})}" if len(lines) == PAGE else "",
    }
    return show(request, "officials/audit.html", seen)


@page(may=permission("calendar.edit"))
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: Request) -> HttpResponseBase:
    """Holidays and worked weekends of a year; an administrator corrects a day."""
    year = whole(request.GET.get("year")) or clock.today().year
    if request.method == "POST":
        return _set_day(request, year)
    return _calendar(request, year, errors=[], typed={})


def _calendar(request: Request, year: int, *, errors: list[tuple[str, str]], typed: dict[str, str]) -> HttpResponseBase:
    days = calendar_queries.days_named(year) if 1 <= year <= 9999 else []
    until = calendar_queries.announced_until()
    seen = {"year": year, "days": days, "until": until, "errors": errors, "typed": typed}
    return show(request, "officials/calendar.html", seen, status=422 if errors else 200)


def _set_day(request: Request, year: int) -> HttpResponseBase:
    typed = {name: request.POST.get(name, "").strip() for name in ("date", "kind", "name_zh", "name_en")}
    errors = []
    try:
        day = date.fromisoformat(typed["date"])
    except ValueError:
        errors.append(("date", _("Enter the day as 2026-10-01")))
    if typed["kind"] not in {"working", "free"}:
        errors.append(("kind", _("Say whether offices work on that day")))
    if errors:
        return _calendar(request, year, errors=errors, typed=typed)
    name = Text(typed["name_zh"] or typed["date"], typed["name_en"] or typed["date"])
    set_day(day, working=typed["kind"] == "working", name=name, by=request.actor)
    messages.success(request, _("The calendar is changed; every clock counts by it from now on."))
    return redirect(f"{reverse('calendar')}?year={day.year}")
