"""Whether a licence is real, and still holds: for anybody who has one in hand."""

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gusu.identity.access import Request, anyone, page
from gusu.identity.limits.actions import count, give_back
from gusu.kernel.looks.jinja import iso, label
from gusu.services.licences import queries
from gusu.services.licences.queries import Verified
from gusu.spaces.words import show


@page(may=anyone)
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: Request) -> HttpResponseBase:
    """By identifier and number, both as they stand on the licence. Posted, so that neither is in an address."""
    typed = {name: request.POST.get(name, "").strip()[:120] for name in ("identifier", "number")}
    is_posted = request.method == "POST"
    wrong = {name: said if is_posted and not typed[name] else "" for name, said in _asked().items()}
    errors = [(name, said) for name, said in wrong.items() if said]
    if errors or not is_posted:
        seen = {"typed": typed, "errors": errors, "wrong": wrong}
        return show(request, "public/verify.html", seen, status=422 if errors else 200)
    return _answer(request, _by_hand(**typed))


@page(may=anyone)
@require_safe
def verified(request: Request, token: str) -> HttpResponseBase:
    """By the code in the QR on it: 128 bits of chance, which nobody guesses."""
    return _answer(request, queries.verified(token))


@page(may=anyone)
@require_safe
def licence_root(request: Request) -> HttpResponseBase:
    """The certificate to trust, for whoever checks signatures without us."""
    answer = HttpResponse(queries.root_pem(), content_type="application/x-pem-file")
    answer["Content-Disposition"] = 'attachment; filename="gusu-licence-root.pem"'
    return answer


def _by_hand(identifier: str, number: str) -> Verified | None:
    """TooManyTries at one identifier."""
    count(queries.BY_HAND, identifier.upper())
    found = queries.verified_by_hand(identifier, number)
    if found:
        give_back(queries.BY_HAND, identifier.upper())
    return found


def _answer(request: Request, found: Verified | None) -> HttpResponseBase:
    seen = {"found": found, "said": _said(found), "printed": _printed(found), "licence": _licence(found)}
    answer = show(request, "public/verified.html", seen, status=200 if found else 404)
    answer["Cache-Control"], answer["X-Robots-Tag"] = "no-store", "noindex"
    return answer


def _printed(found: Verified | None) -> list[tuple[str, str]]:
    return [(label(about), value) for about, value in found.printed] if found else []


def _licence(found: Verified | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    until = iso(found.valid_to) if found.valid_to else _("without end")
    return [
        (_("Issued by"), label(found.issuer)),
        (_("Licence number"), found.number),
        (_("Identifier"), found.identifier),
        (_("In force"), f"{iso(found.valid_from)} — {until}"),
        (_("State since"), iso(found.since)),
    ]


def _said(found: Verified | None) -> tuple[str, str, str]:
    """(kind of the notice, in a word, in a sentence)."""
    if found is None:
        text = _("No licence of this city has this code. Check what you typed; if it is on paper, do not accept it.")
        return "bad", _("Unknown"), text
    title = label(found.title)
    return {
        "valid": ("ok", _("Valid"), _("This %(title)s was issued here and is valid.") % {"title": title}),
        "expired": ("warn", _("Expired"), _("This %(title)s was issued here; its time is over.") % {"title": title}),
        "suspended": ("warn", _("Suspended"), _("This %(title)s does not hold for the moment.") % {"title": title}),
        "revoked": ("bad", _("Revoked"), _("This %(title)s was taken back and is not valid.") % {"title": title}),
    }[found.validity]


def _asked() -> dict[str, str]:
    return {
        "identifier": _("Enter the identifier that stands on the licence"),
        "number": _("Enter the number of the licence"),
    }
