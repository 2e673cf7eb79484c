"""One's own account."""

import segno
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gusu.identity.access import Request, keep_session, page, signed_in
from gusu.identity.accounts import actions, otp, queries
from gusu.identity.accounts.forms import ChangePassword, Code
from gusu.identity.accounts.queries import KINDS, Account
from gusu.kernel.errors import GusuError


@page(may=signed_in)
@require_safe
def my_account(request: Request) -> HttpResponseBase:
    """Who I am here, what I may do, and how I sign in."""
    return _my_account(request, queries.account(request.actor.account), ChangePassword())


@page(may=signed_in)
@require_POST
def change_password(request: Request) -> HttpResponseBase:
    account = queries.account(request.actor.account)
    form = ChangePassword(request.POST)
    if not form.is_valid():
        return _my_account(request, account, form, status=422)
    try:
        changed = actions.change_own_password(account, **form.cleaned_data, by=request.actor)
    except GusuError as refusal:
        return _my_account(request, account, _told(form, refusal), status=refusal.status)
    keep_session(request, changed)
    messages.success(request, _("Your password is changed. You are signed out everywhere else."))
    return redirect("my_account")


@page(may=signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def one_time_code(request: Request) -> HttpResponseBase:
    """The switch for one-time codes; POST begins, with a fresh secret."""
    account = queries.account(request.actor.account)
    if request.method == "POST":
        actions.enrol_otp(account, by=request.actor)
        return redirect("one_time_code")
    return _one_time_code(request, account, Code())


@page(may=signed_in)
@require_POST
def confirm_one_time_code(request: Request) -> HttpResponseBase:
    account = queries.account(request.actor.account)
    form = Code(request.POST)
    if not form.is_valid():
        return _one_time_code(request, account, form, status=422)
    try:
        actions.confirm_own_otp(account, **form.cleaned_data, by=request.actor)
    except GusuError as refusal:
        return _one_time_code(request, account, _told(form, refusal), status=refusal.status)
    messages.success(request, _("One-time codes are on. The next sign-in asks for one."))
    return redirect("my_account")


@page(may=signed_in)
@require_POST
def remove_one_time_code(request: Request) -> HttpResponseBase:
    account = queries.account(request.actor.account)
    form = Code(request.POST)
    if not form.is_valid():
        return _one_time_code(request, account, form, status=422)
    try:
        actions.remove_own_otp(account, **form.cleaned_data, by=request.actor)
    except GusuError as refusal:
        return _one_time_code(request, account, _told(form, refusal), status=refusal.status)
    messages.success(request, _("One-time codes are off."))
    return redirect("my_account")


def _told(form: Form, refusal: GusuError) -> Form:
    form.add_error(None, str(refusal))
    return form


def _my_account(request: Request, account: Account, form: Form, status: int = 200) -> HttpResponseBase:
    posts = list(queries.appointments_in_force(account))
    seen = {
        "holder": account,
        "kind": KINDS[account.kind],
        "assurance": request.actor.assurance,
        "posts": posts,
        "lacks_otp": account.otp_confirmed_at is None and any(post.role.needs_otp for post in posts),
        "form": form,
    }
    return render(request, "identity/accounts/my_account.html", seen, status=status)


def _one_time_code(request: Request, account: Account, form: Form, status: int = 200) -> HttpResponseBase:
    seen = {"holder": account, "form": form, "picture": "", "secret": ""}
    if account.otp_secret and account.otp_confirmed_at is None:
        code = segno.make(otp.address_for_app(account), error="m")
        seen |= {"picture": code.svg_data_uri(scale=5, light="#fff"), "secret": otp.typed_secret(account)}
    return render(request, "identity/accounts/one_time_code.html", seen, status=status)
