"""Binding an account to the person it belongs to (实名核验): `identity` is told an opaque subject, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from gusu.kernel.engine import duck
from gusu.kernel.engine import forms as normal_forms
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
    """Posted, so that no value is in an address; nothing of what was typed is kept.

    What is missing or no number at all is told beside its field and is no try: it depends on nothing but what was
    typed. Only then the register is asked, and answers for everything together.
    """
    after = _after(request)
    if request.actor.subject:
        return redirect(after)
    register = _register()
    asked, typed = _asked(register), Typed("", {})
    wrong: dict[str, str] = {}
    refused: GusuError | None = None
    if request.method == "POST":
        typed = _typed(request, register)
        wrong = _faults(typed, asked)
    if request.method == "POST" and not wrong:
        try:
            _bind(request, register, typed)
        except (NotRecognised, SubjectTaken) as refusal:
            refused = refusal
        else:
            messages.success(request, _("Your real name is checked. The city knows you now."))
            return redirect(after)
    seen = {
        "asked": asked,
        "after": after,
        "purpose": purpose(subjects.REAL_NAME),
        "errors": [(next(iter(asked)), str(refused))] if refused else list(wrong.items()),
        "wrong": wrong,
        "kept": {_name(register): typed.known[_name(register)]} if wrong else {},
    }
    return show(request, "citizens/real_name.html", seen, status=refused.status if refused else 422 if wrong else 200)


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """number: in its normal form, "" for what is none.  known: element → as it was typed, the number among them."""

    number: str
    known: dict[str, str]


def _typed(request: Request, register: BaseRegister) -> Typed:
    spec = subjects.declared(register.code)
    known = {code: request.POST.get(code, "").strip()[:100] for code in (spec.number, *spec.real_name)}
    written = _plain(known[spec.number])
    return Typed(_normal(elements([spec.number])[spec.number].form, written) if written else "", known)


def _faults(typed: Typed, asked: Mapping[str, str]) -> dict[str, str]:
    """Element → what is wrong with it whoever it is about."""
    wrong = {code: _("Enter: %(label)s") % {"label": asked[code]} for code, value in typed.known.items() if not value}
    number = next(iter(asked))
    if number not in wrong and not typed.number:
        wrong[number] = _("%(label)s: incomplete or mistyped; compare it digit by digit") % {"label": asked[number]}
    return {code: wrong[code] for code in asked if code in wrong}


def _bind(request: Request, register: BaseRegister, typed: Typed) -> None:
    spec = subjects.declared(register.code)
    _count(request.actor, typed.number)
    known = {code: typed.known[code] for code in spec.real_name}
    subject = subjects.recognised(register.code, typed.number, known, by=request.actor)
    if not subject:
        raise NotRecognised
    account = accounts.account(request.actor.account)
    bind_subject(account, subject_id=subject, name=known[_name(register)], by=house("real-name"))
    forget(BY_ACCOUNT, account.pk)
    give_back(BY_NUMBER, typed.number)


def _count(by: Actor, number: str) -> None:
    """One try more, of this account and for this number; the first too many leaves a line, which names no number."""
    try:
        count(BY_ACCOUNT, by.account)
        count(BY_NUMBER, number)
    except TooManyTries as refusal:
        if refusal.first:
            trail.append("accounts.bind_subject", by=by, refused=refusal.code)
        raise


def _plain(number: str) -> str:
    """However it is typed it is one number to whoever counts."""
    return "".join(filter(str.isalnum, normalize("NFKC", number))).upper()


def _normal(form: str, value: str) -> str:
    """The value as a register would have it; "" for one that can stand in none."""
    asked = f"SELECT {normal_forms.normal(form, duck.secret('asked'))}::VARCHAR"
    [*_others, [[found]]] = duck.run([*normal_forms.prelude(), asked], secrets={"asked": value})
    return found or ""


def _name(register: BaseRegister) -> str:
    """The element that the person is called by."""
    return subjects.declared(register.code).real_name[0]


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
