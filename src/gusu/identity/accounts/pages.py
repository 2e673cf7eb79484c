"""Accounts as administrators see them. One's own account is in `own_pages`."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gusu.identity import passwords
from gusu.identity.access import Request, page, permission
from gusu.identity.accounts import actions, queries
from gusu.identity.accounts.forms import Appoint, OpenAccount
from gusu.identity.accounts.queries import KINDS, Account
from gusu.identity.organisations import queries as organisations
from gusu.identity.roles import queries as roles
from gusu.kernel.errors import GusuError

MANAGES = permission("identity.manage")


@page(may=MANAGES)
@require_safe
def accounts(request: Request) -> HttpResponseBase:
    """Newest first; search by name, filter by kind."""
    asked, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    found = queries.accounts_page(asked=asked, kind=kind, older_than=request.GET.get("older", ""))
    older = urlencode({"q": asked, "kind": kind, "older": found.older}) if found.older else ""
    seen = {"found": found.accounts, "older": older, "asked": asked, "kind": kind, "kinds": KINDS}
    return render(request, "identity/accounts/accounts.html", seen)


@page(may=MANAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_account(request: Request) -> HttpResponseBase:
    form = OpenAccount(request.POST or None)
    if not form.is_valid():
        return _new_account(request, form, status=422 if form.is_bound else 200)
    password = passwords.readable()
    try:
        account = actions.open_account(actions.NewAccount(**form.cleaned_data, password=password), by=request.actor)
    except GusuError as refusal:
        form.add_error(None, str(refusal))
        return _new_account(request, form, status=refusal.status)
    return _first_password(request, account, password)


@page(may=MANAGES)
@require_safe
def account(request: Request, key: str) -> HttpResponseBase:
    return _account(request, queries.account(key), Appoint())


@page(may=MANAGES)
@require_POST
def appoint(request: Request, key: str) -> HttpResponseBase:
    account, form = queries.account(key), _offered(Appoint(request.POST))
    if not form.is_valid():
        return _account(request, account, form, status=422)
    role = roles.role(form.cleaned_data["role"])
    organisation = organisations.organisation(form.cleaned_data["organisation"])
    try:
        actions.appoint(account, role=role, organisation=organisation, by=request.actor)
    except GusuError as refusal:
        form.add_error(None, str(refusal))
        return _account(request, account, form, status=refusal.status)
    messages.success(request, _("Appointed."))
    return redirect("account", key)


@page(may=MANAGES)
@require_POST
def end_appointment(request: Request, key: str, number: int) -> HttpResponseBase:
    actions.end_appointment(queries.appointment(key, number), by=request.actor)
    messages.success(request, _("The appointment has ended."))
    if queries.account(key).closed_at:
        messages.info(request, _("The account is closed."))
    return redirect("account", key)


@page(may=MANAGES)
@require_POST
def reset_password(request: Request, key: str) -> HttpResponseBase:
    password = passwords.readable()
    account = actions.reset_password(queries.account(key), password=password, by=request.actor)
    return _first_password(request, account, password)


@page(may=MANAGES)
@require_POST
def switch_off_codes(request: Request, key: str) -> HttpResponseBase:
    actions.remove_otp(queries.account(key), by=request.actor)
    messages.success(request, _("One-time codes are off."))
    return redirect("account", key)


@page(may=MANAGES)
@require_POST
def close_account(request: Request, key: str) -> HttpResponseBase:
    actions.close_account(queries.account(key), by=request.actor)
    messages.success(request, _("The account is closed."))
    return redirect("account", key)


@page(may=MANAGES)
@require_POST
def erase_account(request: Request, key: str) -> HttpResponseBase:
    actions.erase_account(queries.account(key), by=request.actor)
    messages.success(request, _("The account is erased. Its number remains, so that the audit trail stays whole."))
    return redirect("accounts")


def _new_account(request: Request, form: OpenAccount, status: int) -> HttpResponseBase:
    return render(request, "identity/accounts/new_account.html", {"form": form}, status=status)


def _offered(form: Appoint) -> Appoint:
    none = ("", _("Choose one"))
    return form.offering(
        [none, *((role.code, str(role.name)) for role in roles.roles_in_force())],
        [none, *((each.code, str(each.name)) for each in organisations.in_order())],
    )


def _account(request: Request, account: Account, form: Appoint, status: int = 200) -> HttpResponseBase:
    seen = {
        "holder": account,
        "kind": KINDS[account.kind],
        "appointments": queries.appointments_of(account),
        "form": form if form.is_bound else _offered(form),
        "is_own": request.actor.account == account.pk,
    }
    return render(request, "identity/accounts/account.html", seen, status=status)


def _first_password(request: Request, account: Account, password: str) -> HttpResponseBase:
    return render(request, "identity/accounts/first_password.html", {"holder": account, "password": password})
