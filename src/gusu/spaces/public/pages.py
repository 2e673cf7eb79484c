"""The public home, the registers' browser, the catalogue, the plan's targets; and the switch of language."""

from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gusu.governance.performance.queries import targets as promises
from gusu.identity.access import Request, anyone, page, signed_in
from gusu.identity.organisations.queries import names_of
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.looks.jinja import iso, label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements, labels_of
from gusu.resources.catalogue import queries as catalogue_queries
from gusu.resources.exchange.queries import batch_names, exchanges
from gusu.resources.quality.queries import measured, rules_of
from gusu.resources.registers import queries as registers_queries
from gusu.resources.registers.queries import Register, may_look_up
from gusu.services.forms.queries import forms_in_force
from gusu.services.items import queries as items_queries
from gusu.services.items.queries import Asked
from gusu.spaces.public.frame import home_of
from gusu.spaces.words import show, whole

LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
FACETS = ("audience", "event", "organisation")  # of the services, as an address names them


@page(may=anyone)
@require_safe
def home(request: Request) -> HttpResponseBase:
    registers = registers_queries.open_registers()
    editions = registers_queries.newest_editions(register.code for register in registers)
    quick = [(label(register.title), reverse("register", args=[register.code])) for register in registers]
    seen = {
        "registers": registers,
        "editions": editions,
        "entries": catalogue_queries.entries(),
        "quick": [
            (_("Services"), reverse("services")),
            *quick,
            (_("Data catalogue"), reverse("catalogue")),
            (_("Organisations"), reverse("organisations")),
        ],
        "my_space": reverse("space"),
    }
    return show(request, "public/home.html", seen)


@page(may=signed_in)
@require_safe
def space(request: Request) -> HttpResponseBase:
    """Where one lands after signing in: one's own space."""
    return redirect(home_of(request.actor))


@page(may=anyone)
@require_safe
def search(request: Request) -> HttpResponseBase:
    """One box for the whole site: what it finds in every open register and in the catalogue."""
    asked = request.GET.get("q", "").strip()
    found = [
        (register, registers_queries.search(register.code, asked, limit=10))
        for register in registers_queries.open_registers()
    ]
    levels = {register.code: registers_queries.value_labels(register.code) for register, versions in found if versions}
    entries = list(catalogue_queries.matching(asked)) if asked else []
    services = items_queries.items(Asked(asked))[0] if asked else []
    seen = {"asked": asked, "found": found, "services": services, "entries": entries, "levels": levels}
    return show(request, "public/search.html", seen)


@page(may=anyone)
@require_safe
def register(request: Request, code: str) -> HttpResponseBase:
    """A register's front page: search it, or go down from the top."""
    register = _opened(request, code)
    asked, after = request.GET.get("q", "").strip(), whole(request.GET.get("after"))
    found = registers_queries.search(code, asked, after=after) if asked else []
    more = len(found) == registers_queries.PAGE
    seen = {
        "register": register,
        "asked": asked,
        "found": found,
        "tops": [] if asked else registers_queries.children(code, None, limit=200),
        "edition": registers_queries.newest_edition(code),
        "levels": registers_queries.value_labels(code),
        "next": f"{reverse('register', args=[code])}?{urlencode({'q': asked, 'after': found[-1].id})}" if more else "",
    }
    return show(request, "public/register.html", seen)


@page(may=anyone)
@require_safe
def subject(request: Request, code: str, key: str) -> HttpResponseBase:
    """One key: what it is, what it was on a day, where it lies, what became of it, what we knew in which edition."""
    register = _opened(request, code)
    key = registers_queries.full_key(code, key)
    on, known = _day(request.GET.get("on")), whole(request.GET.get("known")) or None
    versions = registers_queries.versions_of(code, key, known=known)
    if not versions:
        raise NotFound(kind=register.title, key=key)
    after = request.GET.get("after", "")
    children = registers_queries.children(code, key, after=after)
    became, reported = (ask(code, key, known=known) for ask in (registers_queries.became, registers_queries.changes_of))
    told = {(change.batch, change.position) for change in became}
    seen = {
        "register": register,
        "key": key,
        "on": on,
        "known": known,
        "versions": versions,
        "at": registers_queries.versions_at(code, key, on=on, known=known) if on else [],
        "path": registers_queries.path(code, key, on=on, known=known) if not on or _lived(versions, on) else [],
        "changes": [change for change in reported if (change.batch, change.position) not in told],
        "became": became,
        "children": children,
        "next": f"?after={children[-1].key}" if len(children) == registers_queries.PAGE else "",
        "known_options": _known_options(code),
        "batches": batch_names({version.batch for version in versions if version.batch}),
        "levels": registers_queries.value_labels(code),
    }
    return show(request, "public/subject.html", seen)


@page(may=anyone)
@require_safe
def catalogue(request: Request) -> HttpResponseBase:
    asked = request.GET.get("q", "").strip()
    entries = list(catalogue_queries.matching(asked) if asked else catalogue_queries.entries())
    quality = measured([entry.resource for entry in entries])
    names = names_of({entry.provider for entry in entries})
    seen = {"entries": entries, "quality": quality, "names": names, "asked": asked}
    return show(request, "public/catalogue.html", seen)


@page(may=anyone)
@require_safe
def entry(request: Request, resource: str) -> HttpResponseBase:
    """A catalogue entry with its measured quality and freshness."""
    entry = catalogue_queries.entry_of(resource)
    seen = {
        "entry": entry,
        "provider": names_of({entry.provider}).get(entry.provider),
        "quality": measured([entry.resource]).get(entry.resource),
        "rules": rules_of(entry.resource),
        "exchange": next(iter(exchanges(resource=entry.resource)), None),
        "related": catalogue_queries.entries().filter(resource__in=entry.related),
    }
    return show(request, "public/entry.html", seen)


@page(may=anyone)
@require_safe
def services(request: Request) -> HttpResponseBase:
    """Every service item, found by words, audience, life event and department."""
    typed = {name: request.GET.get(name, "").strip() for name in ("q", *FACETS)}
    asked = Asked(typed["q"], **{facet: typed[facet] for facet in FACETS})
    found, following = items_queries.items(asked, after=whole(request.GET.get("after")))
    counted = items_queries.facets(asked)
    names = names_of({item.organisation for item in found} | set(counted["organisation"]))
    words = {"audience": labels_of("service.audience"), "event": labels_of("service.life_event"), "organisation": names}
    seen = {
        "asked": asked,
        "items": found,
        "names": names,
        "options": {facet: _options(words[facet], counted[facet], typed[facet]) for facet in FACETS},
        "next": f"{reverse('services')}?{urlencode(typed | {'after': following})}" if following else "",
    }
    return show(request, "public/services.html", seen)


@page(may=anyone)
@require_safe
def service(request: Request, item: str) -> HttpResponseBase:
    """An item's guide (办事指南): who may apply, what is needed and what nobody has to hand in, how long it takes."""
    guide = items_queries.guide_of(item)
    piece = guide.piece
    told = {element for material in piece.materials for element in material.elements}
    seen = {
        "guide": guide,
        "piece": piece,
        "names": names_of({piece.organisation}),
        "audiences": labels_of("service.audience"),
        "types": labels_of("service.type"),
        "levels": labels_of("service.level"),
        "channels": labels_of("service.channel"),
        "events": labels_of("service.life_event"),
        "elements": elements(told),
        "online": guide.until_at is None and guide.item.item in forms_in_force() and _may_be_a_citizen(request.actor),
    }
    return show(request, "public/service.html", seen)


@page(may=anyone)
@require_safe
def targets(request: Request) -> HttpResponseBase:
    return show(request, "public/targets.html", {"targets": promises()})


@page(may=anyone)
@require_POST
def language(request: Request) -> HttpResponseBase:
    """Chinese or English from now on, and back to where one was."""
    chosen, after = request.POST.get("language", ""), request.POST.get("next", "/")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404
    here = after.startswith("/") and url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    answer: HttpResponse = redirect(after if here else "/")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, chosen, LANGUAGE_COOKIE_AGE, secure=settings.HTTPS, samesite="Lax", httponly=True
    )
    return answer


def _may_be_a_citizen(actor: Actor) -> bool:
    """Whom a citizen's pages are open to, or will be once they have signed in."""
    return actor.is_anonymous or actor.can("kind.citizen")


def _opened(request: Request, code: str) -> Register:
    register = registers_queries.register_of(code)
    if not may_look_up(request.actor, register):
        raise NotAllowed(verb="registers.look_up")
    return register


def _known_options(code: str) -> list[tuple[int | str, str]]:
    """The editions one may ask, newest first."""
    editions = registers_queries.editions(code)
    return [("", _("the newest edition")), *((one.number, f"{one.number} · {iso(one.at)}") for one in editions[1:])]


def _options(labels: dict[str, Text], numbers: dict[str, int], chosen: str) -> list[tuple[str, str]]:
    """What one may choose of a facet, each with how many items there would be; what is chosen stays, even with none."""
    named = [(code, text) for code, text in labels.items() if code in numbers or code == chosen]
    return [("", _("all")), *((code, f"{label(text)} ({numbers.get(code, 0)})") for code, text in named)]


def _lived(versions: list[registers_queries.Version], on: date) -> bool:
    return any((v.valid_from or date.min) <= on < (v.valid_to or date.max) for v in versions)


def _day(typed: str | None) -> date | None:
    """A day, or a year alone (its last day); nothing when it is neither."""
    try:
        return date(int(typed), 12, 31) if typed and len(typed) == 4 else date.fromisoformat(typed or "")
    except ValueError:
        return None
