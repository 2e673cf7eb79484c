"""What a city needs before its doors open: its packs, its demo people, its first batches. Harmless when repeated."""

from collections.abc import Callable

from django.conf import settings

from gusu.demo.departments.build import build
from gusu.demo.departments.folder import is_built
from gusu.demo.people import bind_demo_accounts, close_demo_accounts, open_demo_accounts
from gusu.identity.accounts import queries as accounts
from gusu.identity.accounts.actions import NewAccount, appoint, open_account
from gusu.identity.organisations.queries import in_force
from gusu.identity.passwords import readable
from gusu.identity.roles.queries import roles_in_force
from gusu.kernel.actor import Actor, house
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.queries import exchanges_due
from gusu.resources.subjects.jobs import look_again
from gusu.site.wiring import PACK_ROOMS

MANAGES = "identity.manage"
SEED = 1  # of the demo city that `gusu up --people` builds


def prepare(people: int, report: Callable[[str], None]) -> list[str]:
    """Apply the packs, receive what has never been received, see that somebody can sign in. Answers the sign-ins."""
    by = house("first-run")
    done = apply(load(gather(PACK_ROOMS)), by=by)
    report(f"packs applied: {len(done.to_do)} changes")
    if settings.DEMO and people and not is_built():
        built = build(people, SEED, report=report)
        report(f"demo city: {built.total} records of {people} people in {built.seconds:.0f} s")
    for exchange in exchanges_due():
        if not exchange.batches.exists():
            report(f"first batch of {exchange.code} queued as {open_batch(exchange, by=by)}")
    look_again()
    signs = open_demo_accounts(by) if settings.DEMO else _first_administrator(by)
    if settings.DEMO and is_built():
        bind_demo_accounts(by)
    return [f"{name:<14} {password:<18} {label.both}" for name, password, label in signs]


def _free(wanted: str) -> str:
    """A sign-in name nobody has had: an administrator who was closed keeps theirs."""
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, 1000)))
    return next(name for name in names if accounts.account_named(name) is None)


def _first_administrator(by: Actor) -> list[tuple[str, str, Text]]:
    """A real city: the demo people's accounts are closed, and somebody must be able to open the first real one.

    Made once, while nobody holds a role that manages accounts; the password is for one sign-in and shown this once.
    """
    close_demo_accounts(by)
    if accounts.somebody_may(MANAGES):
        return []
    role = next(role for role in roles_in_force() if MANAGES in role.permissions)
    top = in_force().filter(parent=None).order_by("pk").first()
    if top is None:
        raise NotFound(kind=Text("机构", "organisation"), key="parent: none")
    password, sign_in_name = readable(), _free("first-administrator")
    account = open_account(NewAccount(sign_in_name, role.name.zh, "official", password=password), by=by)
    appoint(account, role=role, organisation=top, by=by)
    return [(account.sign_in_name, password, Text("首任管理员，仅此一次显示", "first administrator, shown this once"))]
