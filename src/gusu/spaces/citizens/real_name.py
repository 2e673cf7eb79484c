"""Binding an account to the person it belongs to (实名核验): `identity` is told an opaque subject, and no more."""

from datetime import timedelta
from unicodedata import normalize

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gusu.identity.access import Request, kind, page
from gusu.identity.accounts import queries as accounts
from gusu.identity.accounts.actions import SubjectTaken, bind_subject
from gusu.identity.limits.actions import Limit, TooManyTries, count, forget, give_back
from gusu.identity.purposes.queries import purpose
from gusu.kernel.actor import Actor, house
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError, NotFound
from gusu.kernel.looks.jinja import label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.subjects import queries as subjects
from gusu.resources.subjects.queries import BaseRegister
from gusu.spaces.words import show

BY_ACCOUNT = Limit("real-name-account", most=5, window=timedelta(minutes=15), from_last=True)
BY_NUMBER = Limit("real-name-number", most=10, window=timedelta(days=1))


class NotRecognised(GusuError):
    """Never says which of the values is another one in the register."""

    status, code = 422, "not_recognised"
    says = Text(
        "填写的内容与登记信息不一致，或登记信息中没有您。请核对后重试；仍不一致的，请携带身份证到窗口办理。",
        "What you entered is not what the register has, or it does not know you. Check it and try again; "
        "if it stays so, bring your identity card to a counter.",
    )


@page(may=kind("citizen"))
@require_http_methods(["GET", "HEAD", "POST"])
def real_name(request: Request) -> HttpResponseBase:
    """Posted, so that no value is in an address; nothing of what was typed is kept."""
    after = _after(request)
    if request.actor.subject:
        return redirect(after)
    register = _register()
    asked = _asked(register)
    wrong: GusuError | None = None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip()[:100] for name in asked}
        try:
            _bind(request, register, typed)
        except (NotRecognised, SubjectTaken) as refused:
            wrong = refused
        else:
            messages.success(request, _("Your real name is checked. The city knows you now."))
            return redirect(after)
    seen = {
        "asked": asked,
        "after": after,
        "purpose": purpose(subjects.REAL_NAME),
        "errors": [(next(iter(asked)), str(wrong))] if wrong else [],
    }
    return show(request, "citizens/real_name.html", seen, status=wrong.status if wrong else 200)


def _bind(request: Request, register: BaseRegister, typed: dict[str, str]) -> None:
    spec = subjects.declared(register.code)
    number, name = typed.pop(spec.number), typed[spec.real_name[0]]
    _count(request.actor, number)
    subject = subjects.recognised(register.code, number, typed, by=request.actor)
    if not subject:
        raise NotRecognised
    account = accounts.account(request.actor.account)
    bind_subject(account, subject_id=subject, name=name, by=house("real-name"))
    forget(BY_ACCOUNT, account.pk)
    give_back(BY_NUMBER, _plain(number))


def _count(by: Actor, number: str) -> None:
    """One try more, of this account and for this number; the first too many leaves a line, which names no number."""
    try:
        count(BY_ACCOUNT, by.account)
        count(BY_NUMBER, _plain(number))
    except TooManyTries as refusal:
        if refusal.first:
            trail.append("accounts.bind_subject", by=by, refused=refusal.code)
        raise


def _plain(number: str) -> str:
    """However it is typed it is one number to whoever counts."""
    return "".join(filter(str.isalnum, normalize("NFKC", number))).upper()


def _asked(register: BaseRegister) -> dict[str, str]:
    """Element → label, the number first."""
    spec = subjects.declared(register.code)
    codes = [spec.number, *spec.real_name]
    known = elements(codes)
    return {code: label(known[code].label) for code in codes}


def _register() -> BaseRegister:
    """The one that knows people by a number and what else they must know."""
    for register in subjects.base_registers():
        if subjects.declared(register.code).real_name:
            return register
    raise NotFound(kind=Text("可核验实名的基础库", "register for real names"), key="")


def _after(request: Request) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    here = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if here else "/citizen"
