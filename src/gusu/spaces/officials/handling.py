"""What officials do to a case, each a noun one posts to. Where a reason is asked the same address shows the form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gusu.identity.access import Request, page, permission
from gusu.identity.organisations.queries import names_of
from gusu.kernel.actor import Actor
from gusu.kernel.errors import GusuError, NotAllowed, NotFound
from gusu.kernel.looks.jinja import label
from gusu.kernel.text import Text
from gusu.services.cases import actions
from gusu.services.cases import queries as cases
from gusu.services.cases.actions import Missing
from gusu.services.cases.queries import Case, Pinned
from gusu.services.licences import actions as licence_actions
from gusu.services.licences import queries as licences
from gusu.spaces.officials.cases import casework, may_revoke, not_now
from gusu.spaces.words import about_of, revocation_grounds, show, whole

LONGEST = 500  # characters of a reason
ASKS = ["GET", "HEAD", "POST"]


@dataclass
class Filled:
    """A form as it was sent: what was typed, and what is wrong with it, field by field."""

    typed: dict[str, str]
    errors: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200

    @property
    def wrong(self) -> dict[str, str]:
        return dict(self.errors)

    def must(self, name: str, said: str) -> None:
        if not self.typed.get(name):
            self.errors.append((name, said))

    def must_be_sure(self) -> None:
        self.must("sure", _("Confirm that you have read what will happen"))


# One press


@page(may=casework)
@require_POST
def receipt(request: Request, key: str) -> HttpResponseBase:
    """收件."""
    case = actions.receive_case(cases.official_case(key, by=request.actor), by=request.actor)
    return _done(request, case, _("The case is in your hands."))


@page(may=casework)
@require_POST
def acceptance(request: Request, key: str) -> HttpResponseBase:
    """受理."""
    case = actions.accept_case(cases.official_case(key, by=request.actor), by=request.actor)
    return _done(request, case, _("Accepted. The promised time runs from today."))


@page(may=casework)
@require_POST
def resumption(request: Request, key: str) -> HttpResponseBase:
    case = actions.resume_clock(cases.official_case(key, by=request.actor), by=request.actor)
    return _done(request, case, _("The clock runs again from tomorrow."))


# With a reason


@page(may=casework)
@require_http_methods(ASKS)
def refusal_to_accept(request: Request, key: str) -> HttpResponseBase:
    """不予受理."""
    said = {
        "title": _("Do not accept"),
        "lead": _("The applicant reads this reason (Administrative Licensing Law, art. 32)."),
        "asked": _("Reason"),
        "go": _("Do not accept"),
        "kind": "danger",
    }
    return _with_reason(
        request, key, "decline_case", said, lambda case, why: actions.decline_case(case, reason=why, by=request.actor)
    )


@page(may=casework)
@require_http_methods(ASKS)
def review(request: Request, key: str) -> HttpResponseBase:
    """审查."""
    said = {
        "title": _("Review"),
        "lead": _("Your opinion, for whoever decides. It stays in the file."),
        "asked": _("Opinion"),
        "go": _("Hand on to be decided"),
        "kind": "primary",
    }
    return _with_reason(
        request, key, "review_case", said, lambda case, why: actions.review_case(case, opinion=why, by=request.actor)
    )


@page(may=casework)
@require_http_methods(ASKS)
def return_to_review(request: Request, key: str) -> HttpResponseBase:
    said = {
        "title": _("Review again"),
        "lead": _("What still has to be looked into. The clocks go on."),
        "asked": _("Reason"),
        "go": _("Send back"),
        "kind": "primary",
    }
    return _with_reason(
        request,
        key,
        "send_back_case",
        said,
        lambda case, why: actions.send_back_case(case, reason=why, by=request.actor),
    )


@page(may=casework)
@require_http_methods(ASKS)
def stop(request: Request, key: str) -> HttpResponseBase:
    """The days of a hearing, an inspection … do not count."""

    def act(case: Case, form: Filled) -> Case:
        form.must("ground", _("Say on which ground of the law"))
        form.must("reason", _("Give the reason"))
        if form.errors:
            return case
        return actions.stop_clock(case, ground=form.typed["ground"], reason=form.typed["reason"], by=request.actor)

    grounds = [(code, label(one.name)) for code, one in cases.GROUNDS.items() if code != "correction"]
    more = {"grounds": [("", _("Choose")), *grounds]}
    return _asked(request, key, "stop_clock", "officials/case_stop.html", ("ground", "reason"), act, more)


@page(may=casework)
@require_http_methods(ASKS)
def extension(request: Request, key: str) -> HttpResponseBase:
    """More days, once, with the leader's approval."""

    def act(case: Case, form: Filled) -> Case:
        if not 1 <= whole(form.typed["days"]) <= cases.LONGEST_EXTENSION:
            form.errors.append(("days", _("A whole number from 1 to %(most)s") % {"most": cases.LONGEST_EXTENSION}))
        form.must("reason", _("Give the reason"))
        if form.errors:
            return case
        days = whole(form.typed["days"])
        return actions.extend_clock(case, days=days, reason=form.typed["reason"], by=request.actor)

    more = {"most": cases.LONGEST_EXTENSION}
    return _asked(request, key, "extend_clock", "officials/case_extension.html", ("days", "reason"), act, more)


# The correction notice


@page(may=casework)
@require_http_methods(ASKS)
def notice(request: Request, key: str) -> HttpResponseBase:
    """补正告知: one notice that lists everything that is missing."""
    case = cases.official_case(key, by=request.actor)
    kept = cases.pinned(case)
    about = _correctable(case, kept, request.actor)

    def act(case: Case, form: Filled) -> Case:
        listed = [code for code in about if form.typed[f"about-{code}"] or form.typed[f"said-{code}"]]
        form.typed |= {f"about-{code}": "1" for code in listed}
        for code in listed:
            form.must(f"said-{code}", _("Say what is missing: %(name)s") % {"name": about[code]})
        if not listed:
            form.errors.append((f"about-{next(iter(about))}" if about else "", _("Tick everything that is missing")))
        form.must_be_sure()
        if form.errors:
            return case
        missing = [Missing(code, form.typed[f"said-{code}"]) for code in listed]
        return actions.return_case(case, missing, said=form.typed["reason"], by=request.actor)

    asked = ("reason", "sure", *(f"{what}-{code}" for code in about for what in ("about", "said")))
    more = {"about": about, "days": kept.decision.correction_days}
    return _asked(request, key, "return_case", "officials/case_notice.html", asked, act, more)


def _correctable(case: Case, kept: Pinned, by: Actor) -> dict[str, str]:
    """What the applicant can put right: what they typed or may type, and materials that are handed in. A value of the
    register is locked to them, too; its source corrects it.
    """
    answers = cases.handed_in(case, by=by)
    locked = {code for code, answer in answers.items() if answer.given == "register"}
    locked |= {f"m{place}" for place, material in enumerate(kept.item.materials) if material.is_met}
    return {code: name for code, name in about_of(kept).items() if code not in locked}


# The decision


@page(may=casework)
@require_http_methods(ASKS)
def decision(request: Request, key: str) -> HttpResponseBase:
    """准予 or 不予: what will happen is said first."""
    case = cases.official_case(key, by=request.actor)
    kept = cases.pinned(case)

    def act(case: Case, form: Filled) -> Case:
        form.must("granted", _("Say what you decide"))
        if form.typed["granted"] == "no":
            form.must("reason", _("Give the reason: the applicant has a right to know it"))
        form.must_be_sure()
        if form.errors:
            return case
        granted = form.typed["granted"] == "yes"
        return actions.decide_case(case, granted=granted, reason=form.typed["reason"], by=request.actor)

    more = {
        "item": kept.item,
        "issues": licences.kinds_for(case.item),
        "returned": kept.decision.returned_to,
        "office": label(names_of({case.organisation}).get(case.organisation)),
        "opinion": next((line.said for line in reversed(cases.history(case)) if line.verb == "review_case"), ""),
    }
    return _asked(request, key, "decide_case", "officials/case_decision.html", ("granted", "reason", "sure"), act, more)


# The licence


@page(may=permission("licences.revoke"))
@require_http_methods(ASKS)
def revocation(request: Request, key: str) -> HttpResponseBase:
    """Take back what was issued: everybody who verifies it sees that at once."""
    case = cases.official_case(key, by=request.actor)
    licence = licences.licence_of_case(case.pk)
    if licence is None:
        raise NotFound(kind=Text("证照", "licence"), key=key)
    if not may_revoke(licence, request.actor):
        raise NotAllowed(verb="licences.revoke")
    form = _filled(request, ("ground", "reason", "sure"))
    if request.method == "POST":
        form.must("ground", _("Say on which ground of the law"))
        form.must("reason", _("Give the reason"))
        form.must_be_sure()
        if not form.errors:
            licence_actions.revoke(licence, ground=form.typed["ground"], reason=form.typed["reason"], by=request.actor)
            return _done(request, case, _("Taken back. Whoever verifies it is told so from now on."))
        form.status = 422
    grounds = [(code, name) for code, name in revocation_grounds().items() if code in licences.GROUNDS]
    more = {"licence": licence, "grounds": [("", _("Choose")), *grounds]}
    return _form(request, case, form, "officials/case_revocation.html", more)


# What every form does

Act = Callable[[Case, Filled], Case]


def _with_reason(
    request: Request, key: str, verb: str, said: dict[str, str], act: Callable[[Case, str], Case]
) -> HttpResponseBase:
    def with_reason(case: Case, form: Filled) -> Case:
        form.must("reason", _("Give the reason"))
        return case if form.errors else act(case, form.typed["reason"])

    return _asked(request, key, verb, "officials/case_reason.html", ("reason",), with_reason, {"said": said})


def _asked(
    request: Request, key: str, verb: str, template: str, names: tuple[str, ...], act: Act, more: dict[str, Any]
) -> HttpResponseBase:
    """The form, or what was posted with it. A refusal that the form can tell is told there; nothing typed is lost."""
    case = cases.official_case(key, by=request.actor)
    form = _filled(request, names)
    if request.method != "POST":
        if verb not in cases.possible(case, by=request.actor):
            messages.error(request, not_now(case))
            return redirect("official_case", key)
        return _form(request, case, form, template, more)
    try:
        moved = act(case, form)
    except (NotAllowed, NotFound):
        raise
    except GusuError as refusal:
        form.errors, form.status = [("", str(refusal))], refusal.status
        return _form(request, case, form, template, more)
    if form.errors:
        form.status = 422
        return _form(request, case, form, template, more)
    return _done(request, moved, _("Done. The applicant sees it at once."))


def _filled(request: Request, names: tuple[str, ...]) -> Filled:
    return Filled({name: request.POST.get(name, "").strip()[:LONGEST] for name in names})


def _form(request: Request, case: Case, form: Filled, template: str, more: dict[str, Any]) -> HttpResponseBase:
    seen = {"case": case, "typed": form.typed, "errors": form.errors, "wrong": form.wrong, "longest": LONGEST}
    return show(request, template, seen | more, status=form.status)


def _done(request: Request, case: Case, said: str) -> HttpResponseBase:
    messages.success(request, said)
    return redirect("official_case", case.pk)
