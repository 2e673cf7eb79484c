"""What the city knows of a person, who looked at it, and what they say is wrong: their own pages, nobody else's."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gusu.identity.access import Request, kind, page
from gusu.identity.organisations.queries import names_of
from gusu.identity.purposes.queries import Purpose, purposes_named
from gusu.kernel import clock
from gusu.kernel.audit import queries as trail
from gusu.kernel.errors import GusuError, NotFound
from gusu.kernel.looks.jinja import label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import Element, elements
from gusu.resources.catalogue.queries import entries
from gusu.resources.exchange.queries import batches_by_id
from gusu.resources.objections import queries as objections
from gusu.resources.objections.actions import file_objection, withdraw
from gusu.resources.registers.queries import readings
from gusu.resources.subjects import queries as subjects
from gusu.resources.subjects.queries import OWN_DATA, Fact, Said
from gusu.spaces.words import show, whole

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponseBase]
PAGE = 30
AT_ONCE = 1000  # lines of a file read together
ACCOUNT = "acc1-"  # how the trail names a person's account; anything else is a part of the house


def bound(view: View[P]) -> View[P]:
    """For people whose real name is checked: the city must know whose data these are. Others are told what to do."""

    @functools.wraps(view)
    def asked(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.actor.subject:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return redirect("my_data")
        after = urlencode({"next": request.get_full_path()})
        return show(request, "citizens/unbound.html", {"real_name": f"{reverse('real_name')}?{after}"})

    return asked


# What is known


@page(may=kind("citizen"))
@require_safe
@bound
def my_data(request: Request) -> HttpResponseBase:
    """Everything, by who says it. Opening it leaves one line, which the person finds among the others."""
    register = _register()
    spec = subjects.declared(register.code)
    asked = list(spec.elements)
    facts = subjects.facts_about(register.code, request.actor.subject, asked, purpose=OWN_DATA, by=request.actor)
    said = {each.batch for fact in facts.values() for each in _words(fact)}
    seen = _about(asked) | {
        "register": register,
        "groups": _groups([fact for fact in facts.values() if fact.winner], _providers(register.code)),
        "without": [element for element, fact in facts.items() if not fact.winner],
        "trusts": subjects.trusts(register.code, facts),
        "newest": {fact.element: _newest(fact) for fact in facts.values()},
        "batches": batches_by_id(said),
        "open": objections.open_elements(request.actor.subject, register.code),
        "looked_at": clock.now(),
    }
    return show(request, "citizens/my_data.html", seen)


@dataclass(frozen=True, slots=True)
class Group:
    """What one source's word stands for."""

    title: Text
    provider: Text | None
    facts: list[Fact]


def _groups(facts: Iterable[Fact], providers: Mapping[str, "Provider"]) -> list[Group]:
    found: dict[str, Group] = {}
    for fact in facts:
        if fact.winner:
            source = fact.winner.source
            found.setdefault(source, Group(fact.winner.title, providers[source].name, [])).facts.append(fact)
    return [found[source] for source in providers if source in found]


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose word a source's is. name: None where the organisation is not known."""

    organisation: str
    name: Text | None


def _providers(register: str) -> dict[str, Provider]:
    """Source → who provides it, in two queries, in the register's order."""
    sources = subjects.declared(register).sources
    by_resource = dict(
        entries().filter(resource__in={source.resource for source in sources}).values_list("resource", "provider")
    )
    names = names_of(set(by_resource.values()))
    codes = {source.code: by_resource.get(source.resource, "") for source in sources}
    return {source: Provider(code, names.get(code)) for source, code in codes.items()}


def _words(fact: Fact) -> list[Said]:
    return [said for said in (fact.winner, *fact.losers) if said]


def _newest(fact: Fact) -> list[Said]:
    """Of each source its newest word: what can be objected to."""
    return list({said.source: said for said in reversed(_words(fact))}.values())


def _about(codes: Iterable[str]) -> dict[str, Any]:
    known = elements(codes)
    return {"known": known, "values": readings(known)}


def _register() -> subjects.BaseRegister:
    """The register that people are found in: the one that declares how a real name is checked."""
    found = [one for one in subjects.base_registers() if subjects.declared(one.code).real_name]
    if not found:
        raise NotFound(kind=Text("人口库", "register of people"), key="real_name")
    return found[0]


# Who looked


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the trail as the person reads it.

    elements: labels of what was shown, or asked for where the look was refused; withheld: of what was not shown.
    """

    at: datetime
    who: str
    what: str
    elements: list[str]
    withheld: list[str]
    purpose: Text | None
    basis: Text | None
    refused: bool


@page(may=kind("citizen"))
@require_safe
@bound
def looks(request: Request) -> HttpResponseBase:
    """Every look there was, refused ones too; nothing is left out or put together."""
    about, asked = _trail_of(request), _asked(request)
    lines = list(trail.looks_at(about, **_narrowed(asked), before=whole(request.GET.get("before")))[:PAGE])
    lookers = trail.lookers_at(about)
    names = names_of(set(lookers.organisations))
    chosen = {name: value for name, value in asked.items() if value}
    seen = {
        "looks": list(_looks(lines, request.actor.account, elements())),
        "asked": asked,
        "chosen": urlencode(chosen),
        "years": [("", _("all")), *((str(year), str(year)) for year in lookers.years)],
        "organisations": [
            ("", _("all")),
            *(
                (code, _no_office() if code == NO_OFFICE else label(names.get(code, Text(code, code))))
                for code in _no_blank(lookers)
            ),
        ],
        "next": f"?{urlencode(chosen | {'before': lines[-1].pk})}" if len(lines) == PAGE else "",
    }
    return show(request, "citizens/looks.html", seen)


@page(may=kind("citizen"))
@require_safe
@bound
def looks_file(request: Request) -> HttpResponseBase:
    """The same list, whole, for a spreadsheet."""
    rows = _rows(_trail_of(request), _narrowed(_asked(request)), request.actor.account)
    answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="who-looked.csv"'
    return answer


def _trail_of(request: Request) -> trail.Named:
    return trail.Named(f"resources.{_register().code}", request.actor.subject)


def _asked(request: Request) -> dict[str, str]:
    return {"year": str(whole(request.GET.get("year")) or ""), "organisation": request.GET.get("organisation", "")}


NO_OFFICE = "-"  # the organisation of whoever acts for none: the person, the house


def _narrowed(asked: Mapping[str, str]) -> dict[str, Any]:
    organisation = asked["organisation"]
    chosen = "" if organisation == NO_OFFICE else organisation or None
    return {"year": min(whole(asked["year"]), 9998), "organisation": chosen}


def _no_blank(lookers: trail.Lookers) -> list[str]:
    return [code or NO_OFFICE for code in lookers.organisations]


def _no_office() -> str:
    return _("no organisation: you, or the platform")


def _rows(about: trail.Named, narrowed: Mapping[str, Any], own: str) -> Iterator[bytes]:
    known, before = elements(), 0
    yield "\ufeff".encode()
    yield _line(
        [_("When"), _("Who"), _("What"), _("Of this"), _("Withheld"), _("For what"), _("By which law"), _("Outcome")]
    )
    while lines := list(trail.looks_at(about, **narrowed, before=before)[:AT_ONCE]):
        for look in _looks(lines, own, known):
            yield _line(_cells(look))
        before = lines[-1].pk


def _cells(look: Look) -> list[str]:
    at = timezone.localtime(look.at).isoformat(sep=" ", timespec="seconds")
    told = [at, look.who, look.what, " · ".join(look.elements), " · ".join(look.withheld)]
    return [*told, label(look.purpose), label(look.basis), _("turned away") if look.refused else _("done")]


def _line(cells: Iterable[str]) -> bytes:
    return (",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n").encode()


def _looks(lines: list[trail.AuditLine], own: str, known: Mapping[str, Element]) -> Iterator[Look]:
    names = names_of({line.organisation for line in lines})
    purposes = purposes_named({line.purpose for line in lines})
    for line in lines:
        yield _look(line, own, known, names, purposes.get(line.purpose))


def _look(
    line: trail.AuditLine, own: str, known: Mapping[str, Element], names: Mapping[str, Text], purpose: Purpose | None
) -> Look:
    asked, withheld = line.detail.get("elements") or [line.detail.get("by")], line.detail.get("withheld", [])
    shown = asked if line.outcome == "refused" else [code for code in asked if code not in withheld]
    return Look(
        at=line.at,
        who=_who(line, own, names),
        what=_what(line.verb),
        elements=_labels(shown, known),
        withheld=_labels(withheld, known),
        purpose=purpose.name if purpose else None,
        basis=purpose.legal_basis if purpose else None,
        refused=line.outcome == "refused",
    )


def _who(line: trail.AuditLine, own: str, names: Mapping[str, Text]) -> str:
    office = label(names.get(line.organisation, Text(line.organisation, line.organisation)))
    if line.actor == own:
        return _("%(office)s, because you applied") % {"office": office} if line.organisation else _("You yourself")
    if line.organisation:
        return office
    return _("Another person's account") if line.actor.startswith(ACCOUNT) else _("The platform itself")


def _what(verb: str) -> str:
    return {
        "subjects.facts_about": _("read"),
        "subjects.timeline": _("read, with its history"),
        "subjects.facts_as_of": _("read, as of an earlier moment"),
        "subjects.recognised": _("checked a real name"),
        "subjects.said_since": _("looked whether a value has been corrected"),
        "objections.read": _("read an objection"),
        "cases.read_answers": _("read an application"),
        "cases.read_file": _("read a file of an application"),
        "licences.read_document": _("downloaded a licence"),
    }.get(verb, _("looked"))


def _labels(codes: Iterable[str | None], known: Mapping[str, Element]) -> list[str]:
    return [label(known[code].label) if code in known else code for code in codes if code]


# What is wrong


@page(may=kind("citizen"))
@require_http_methods(["GET", "HEAD", "POST"])
@bound
def object_to(request: Request, code: str, element: str, source: str) -> HttpResponseBase:
    """Say that one source's value is wrong, what would be right, and why."""
    typed = {name: request.POST.get(name, "").strip() for name in ("right", "reason")}
    needed = {"right": _("Say what would be right"), "reason": _("Say why it is wrong")}
    errors = [(name, needed[name]) for name in typed if request.method == "POST" and not typed[name]]
    if request.method == "POST" and not errors:
        try:
            filed = file_objection(code, element, source=source, by=request.actor, **typed)
        except GusuError as refusal:
            if refusal.status != 422:
                raise
            errors = [("", str(refusal))]
        else:
            messages.success(request, _("Your objection is with the department that the value comes from."))
            return redirect("my_objection", filed.pk)
    return _objecting(request, code, element, source, errors, typed)


def _objecting(
    request: Request, code: str, element: str, source: str, errors: list[tuple[str, str]], typed: dict[str, str]
) -> HttpResponseBase:
    facts = subjects.facts_about(code, request.actor.subject, [element], purpose=OWN_DATA, by=request.actor)
    said = next((each for each in _newest(facts[element]) if each.source == source), None)
    about = _about([element])
    if said is None or element not in about["known"]:
        raise NotFound(kind=Text("数据", "value"), key=element)
    values = about["values"].get(element, {})
    seen = about | {
        "element": about["known"][element],
        "said": said,
        "batches": batches_by_id({said.batch}),
        "provider": _providers(code)[source].name,
        "options": [("", _("Choose")), *((value, label(text)) for value, text in values.items())] if values else [],
        "under_way": objections.open_elements(request.actor.subject, code).get(element, ""),
        "days": objections.DAYS_TO_ANSWER,
        "longest": {"right": objections.LONGEST_RIGHT, "reason": objections.LONGEST_REASON},
        "errors": errors,
        "wrong": dict(errors),
        "typed": typed,
    }
    return show(request, "citizens/object_to.html", seen, status=422 if errors else 200)


@page(may=kind("citizen"))
@require_safe
@bound
def my_objections(request: Request) -> HttpResponseBase:
    """The person's own, newest first, without their values."""
    found = list(objections.objections_of(request.actor.subject, before=request.GET.get("before", ""))[:PAGE])
    seen = _about(one.element for one in found) | {
        "objections": found,
        "names": names_of({one.provider for one in found}),
        "today": clock.today(),
        "next": f"?{urlencode({'before': found[-1].pk})}" if len(found) == PAGE else "",
    }
    return show(request, "citizens/my_objections.html", seen)


@page(may=kind("citizen"))
@require_safe
@bound
def my_objection(request: Request, key: str) -> HttpResponseBase:
    """One of the person's own: what they wrote, where it stands, what was answered. Another's is not there."""
    found = _own(request, key)
    seen = _about([found.element]) | {
        "objection": found,
        "words": objections.words_of(found, by=request.actor),
        "names": names_of({found.provider}),
        "today": clock.today(),
        "may_withdraw": objections.is_open(found),
    }
    return show(request, "citizens/my_objection.html", seen)


@page(may=kind("citizen"))
@require_POST
@bound
def withdraw_objection(request: Request, key: str) -> HttpResponseBase:
    withdraw(_own(request, key), by=request.actor)
    messages.success(request, _("Your objection is withdrawn."))
    return redirect("my_objection", key)


def _own(request: Request, key: str) -> objections.Objection:
    found = objections.objection(key, by=request.actor)
    if found.subject != request.actor.subject:
        raise NotFound(kind=Text("异议", "objection"), key=key)
    return found
