"""What can be asked of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, F, FilteredRelation, Min, OuterRef, Q, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from gusu.identity.accounts.models import Account, Appointment, Kind
from gusu.identity.accounts.names import folded
from gusu.identity.accounts.rules import in_force_on, open_on
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.kernel.search.text import matching
from gusu.kernel.text import Text

__all__ = ["KINDS", "Account", "Appointment", "Kind", "Page", "folded"]

PAGE = 30
KINDS = {
    Kind.CITIZEN.value: _("Citizen"),
    Kind.ENTERPRISE.value: _("Enterprise"),
    Kind.OFFICIAL.value: _("Official"),
}


@dataclass(frozen=True)
class Page:
    """One page of a list, newest first. older: the key to ask the next page with, or ""."""

    accounts: list[Account]
    older: str


def account(key: str) -> Account:
    """One account by id; NotFound."""
    found = Account.objects.filter(pk=key).first()
    if found is None:
        raise NotFound(kind=Text("账号", "account"), key=key)
    return found


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """The names shown of these accounts, by id, in one query; erased ones have none, the house is not among them."""
    rows = Account.objects.filter(pk__in=set(keys), erased_at=None).values_list("pk", "display_name")
    return dict(rows)


def account_named(sign_in_name: str) -> Account | None:
    """Who signs in under this name, however it is typed; closed accounts too."""
    return Account.objects.filter(sign_in_name=folded(sign_in_name)).first()


def actor_signed_in(account_id: str, session_hash: str) -> Actor | None:
    """Who acts in a session, with what today's appointments allow, in one query.

    None when the account is closed or its password was changed since the session began. The kind of account counts as a
    permission (`kind.citizen`), so that a rule asks one question. Until a first password is changed, nothing is allowed
    but that.
    """
    rows = list(_with_posts(account_id))
    if not rows or not constant_time_compare(session_hash, rows[0].get_session_auth_hash()):
        return None
    first, posts = rows[0], [row for row in rows if _gives(row)]
    given = {permission for row in posts for permission in row.given or ()}  # type: ignore[attr-defined]
    permissions = frozenset[str]() if first.must_change_password else frozenset({f"kind.{first.kind}", *given})
    return Actor(
        account=first.pk,
        name=first.display_name,
        organisation=next((row.organisation for row in posts if row.organisation), ""),  # type: ignore[attr-defined]
        permissions=permissions,
        subject=first.subject_id,
        assurance=max(first.assurance, 2 if first.otp_confirmed_at else 1),
    )


def _gives(row: Account) -> bool:
    """Whether the post on this row of `_with_posts` gives what its role says.

    Not when role or organisation are gone, nor when the role asks for one-time codes and none are enrolled: then one
    may sign in to enrol, and no more. Invented people are spared, because several readers sign in as the same one.
    """
    if row.role_gone is not None or row.organisation_gone is not None:  # type: ignore[attr-defined]
        return False
    return bool(row.otp_confirmed_at or row.demo or not row.needs_otp)  # type: ignore[attr-defined]


def accounts_page(*, asked: str = "", kind: str = "", older_than: str = "") -> Page:
    """A page of accounts in one query. asked: words of the name shown, or the beginning of a sign-in name."""
    found = Account.objects.filter(erased_at=None).order_by("-pk")
    if kind:
        found = found.filter(kind=kind)
    if older_than:
        found = found.filter(pk__lt=older_than)
    if asked.isascii() and asked:
        found = found.filter(sign_in_name__startswith=folded(asked))
    elif asked:
        found = matching(found, "display_name", asked)
    rows = list(found[: PAGE + 1])
    return Page(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else "")


def appointments_of(account: Account) -> QuerySet[Appointment]:
    """All of one account's appointments with role and organisation, those in force first."""
    rows = Appointment.objects.filter(account=account).select_related("role", "organisation")
    return rows.order_by(F("until").desc(nulls_first=True), "-since", "pk")


def appointment(account: str, number: int) -> Appointment:
    """One appointment of an account; NotFound."""
    found = Appointment.objects.filter(pk=number, account=account).first()
    if found is None:
        raise NotFound(kind=Text("任职", "appointment"), key=number)
    return found


def appointments_in_force(account: Account) -> QuerySet[Appointment]:
    """Those that give something today."""
    today = in_force_on(clock.today())
    return appointments_of(account).filter(today, role__retired_at=None, organisation__ended_on=None)


def leavers() -> QuerySet[Account]:
    """Officials whose accounts are open and whose last post has ended; not those who were never appointed."""
    posts = Appointment.objects.filter(account=OuterRef("pk"))
    open_posts = posts.filter(open_on(clock.today()))
    return Account.objects.filter(Exists(posts), ~Exists(open_posts), kind=Kind.OFFICIAL, closed_at=None)


def somebody_may(permission: str) -> bool:
    """Whether any account that is open holds this permission today."""
    return (
        Appointment.objects.filter(in_force_on(clock.today()), account__closed_at=None, organisation__ended_on=None)
        .filter(role__permissions__contains=[permission], role__retired_at=None)
        .exists()
    )


def demo_accounts() -> QuerySet[Account]:
    """The invented people of a demonstration city, each with the name of a role; none in a real one."""
    role = {"role_zh": Min("appointments__role__name_zh"), "role_en": Min("appointments__role__name_en")}
    return Account.objects.filter(demo=True, closed_at=None).annotate(**role).order_by("pk")


def _with_posts(account_id: str) -> QuerySet[Account]:
    """The account once for each appointment in force, or once without any."""
    day = clock.today()
    valid = Q(appointments__since__lte=day) & (Q(appointments__until=None) | Q(appointments__until__gt=day))
    posts = Account.objects.filter(pk=account_id, closed_at=None).annotate(
        post=FilteredRelation("appointments", condition=valid),
        given=F("post__role__permissions"),
        role_gone=F("post__role__retired_at"),
        needs_otp=F("post__role__needs_otp"),
        organisation=F("post__organisation__code"),
        organisation_gone=F("post__organisation__ended_on"),
    )
    return posts.order_by("post__since", "post__pk")
