"""Who may open a page. Nobody, unless the view says so: `@page(may=…)`.

`DefaultDeny` stands before every view.  It makes `request.actor` once, from the session, in one query, and refuses any
view that carries no mark, so that a page somebody forgot to think about is closed and not open.
"""

import logging
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from gusu.identity.accounts.queries import Account, actor_signed_in
from gusu.kernel.actor import ANONYMOUS, Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError, NotAllowed
from gusu.kernel.looks.errors import handler403
from gusu.kernel.text import Text

log = logging.getLogger(__name__)

Rule = Callable[[Actor], bool]
P = ParamSpec("P")
V = TypeVar("V", bound=Callable[..., Any])
MARK = "gusu_may"
API = "/api/"


class Request(HttpRequest):
    """A request as views get it: `DefaultDeny` has said who acts."""

    actor: Actor


View = Callable[Concatenate[Request, P], HttpResponseBase]


class NotSignedIn(GusuError):
    """The JSON door was opened without a session."""

    status, code = 401, "not_signed_in"
    says = Text("请先登录。", "Sign in first.")


# Rules: each reads as the end of "may be opened by …".


def anyone(actor: Actor) -> bool:
    return True


def signed_in(actor: Actor) -> bool:
    return not actor.is_anonymous


def permission(name: str) -> Rule:
    """Holders of a role with this permission."""

    def holds(actor: Actor) -> bool:
        return actor.can(name)

    return holds


def kind(name: str) -> Rule:
    """Accounts of this kind: citizen, enterprise or official."""
    return permission(f"kind.{name}")


# Marks


def page(*, may: Rule) -> Callable[[View[P]], View[P]]:
    """Say who may open a view: `anyone`, `signed_in`, `permission("audit.read")`, `kind("citizen")` or another rule.

    The outermost decorator, so that the mark is on what the address leads to.
    """

    def decorate(view: View[P]) -> View[P]:
        return mark(view, may)

    return decorate


def endpoint(*, may: Rule) -> Callable[[V], V]:
    """The same for an operation of the JSON API; `site/api.py` carries the mark over to the view."""
    return lambda operation: mark(operation, may)


def mark(view: V, may: Rule) -> V:
    """The same for a view somebody else made (a framework's static file view, an API's operation)."""
    setattr(view, MARK, may)
    return view


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """The rule a view carries; None for one that nobody may open."""
    found: Rule | None = getattr(view, MARK, None)
    return found


def problem(error: GusuError) -> JsonResponse:
    """A refusal as the JSON door says it (RFC 9457), with its stable `code` and both sentences."""
    body = {"type": "about:blank", "status": error.status, "code": error.code, "title": str(error)}
    body |= {"detail": error.said.both}
    return JsonResponse(body, status=error.status, content_type="application/problem+json")


class DefaultDeny:
    """Middleware, the last before the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = actor_of(request)  # type: ignore[attr-defined]  # from here on it is a `Request`
        return self.get_response(request)

    def process_view(
        self, request: Request, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        may = rule_of(view)
        if may is None:
            log.error("a defect: %s carries no @page(may=…), so nobody may open it", view)
        elif may(request.actor):
            return None
        return _refused(request, open_to_somebody=may is not None)


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request's session; a session that is no longer good is ended."""
    account = request.session.get(SESSION_KEY)
    if account is None:
        return ANONYMOUS
    actor = actor_signed_in(account, request.session.get(HASH_SESSION_KEY, ""))
    if actor is None:
        request.session.flush()
    return actor or ANONYMOUS


def keep_session(request: HttpRequest, account: Account) -> None:
    """After a change of password: this session goes on under a new key, every other one of the account ends."""
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = account.get_session_auth_hash()


class NoBackend(BaseBackend):
    """What Django's `login` names in the session. Passwords are checked by `signin`, permissions are in `Actor`."""

    def get_user(self, user_id: str) -> Account | None:
        return Account.objects.filter(pk=user_id, closed_at=None).first()


def _refused(request: Request, *, open_to_somebody: bool) -> HttpResponseBase:
    route = request.resolver_match.view_name if request.resolver_match else ""
    if request.actor.is_anonymous and open_to_somebody:
        return problem(NotSignedIn()) if request.path.startswith(API) else _to_sign_in(request)
    trail.append("access.open_page", by=request.actor, refused="not_allowed", detail={"route": route})
    if request.path.startswith(API):
        return problem(NotAllowed(verb=route))
    if not request.actor.is_anonymous and not request.actor.permissions:
        return redirect("my_account")
    return handler403(request)


def _to_sign_in(request: Request) -> HttpResponse:
    after = request.get_full_path()
    if request.method != "GET":
        after = _page_before(request)
        messages.warning(request, _("You are signed out, and what you sent was not taken. Sign in, and send it again."))
    return redirect(f"{reverse('sign_in')}?{urlencode({'next': after})}")


def _page_before(request: Request) -> str:
    """The page of this site from which something was sent, or the first page."""
    before = urlsplit(request.headers.get("Referer", ""))
    return before.path if before.netloc == request.get_host() else "/"
