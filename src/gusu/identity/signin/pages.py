"""The door."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from gusu.identity.access import Request, anyone, page, signed_in
from gusu.identity.accounts import queries as accounts
from gusu.identity.accounts.queries import KINDS
from gusu.identity.signin import actions
from gusu.identity.signin.forms import SignIn
from gusu.kernel.errors import GusuError

BACKEND = "gusu.identity.access.NoBackend"


@page(may=anyone)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: Request) -> HttpResponseBase:
    """Asks for name and password; afterwards goes where the reader wanted to go, if that is on this site."""
    after = _on_this_site(request, request.POST.get("next") or request.GET.get("next") or settings.LOGIN_REDIRECT_URL)
    if request.method != "POST":
        return _form(request, SignIn(), after) if request.actor.is_anonymous else redirect(after)
    form = SignIn(request.POST)
    if not form.is_valid():
        return _form(request, form, after, status=422)
    asked = form.cleaned_data
    try:
        account = actions.sign_in(
            asked["sign_in_name"], asked["password"], code=asked["code"], address=client_address(request)
        )
    except GusuError as refusal:
        form.add_error(None, str(refusal))
        return _form(request, form, after, status=refusal.status)
    login(request, account, backend=BACKEND)  # a fresh session key, a fresh CSRF secret
    return redirect("my_account" if account.must_change_password else after)


@page(may=signed_in)
@require_POST
def sign_out(request: Request) -> HttpResponseBase:
    actions.end_session(accounts.account(request.actor.account), by=request.actor)
    logout(request)
    return redirect("/")


def client_address(request: HttpRequest) -> str:
    """Whom the limit counts. Behind the proxy that speaks HTTPS for us it is the address that this proxy wrote last."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or request.META["REMOTE_ADDR"]


def _on_this_site(request: HttpRequest, address: str) -> str:
    here = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if here and address.startswith("/") else "/"


def _form(request: HttpRequest, form: SignIn, after: str, status: int = 200) -> HttpResponseBase:
    seen = {"form": form, "after": after, "demo": accounts.demo_accounts(), "kinds": KINDS}
    return render(request, "identity/signin/sign_in.html", seen, status=status)
