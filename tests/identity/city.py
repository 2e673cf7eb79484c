"""A small city to act in: four organisations, two roles, and whoever a test needs."""

from collections.abc import Callable
from dataclasses import dataclass

from django.test import Client

from gusu.identity.accounts.actions import NewAccount, appoint, open_account
from gusu.identity.accounts.queries import Account
from gusu.identity.organisations.pack import OrganisationPiece, Organisations
from gusu.identity.organisations.queries import organisation
from gusu.identity.roles.pack import RolePiece, Roles
from gusu.identity.roles.queries import role
from gusu.kernel.actor import house
from gusu.kernel.packs import Label

HOUSE = house("tests")
PASSWORD = "lotus-canal-garden"


@dataclass(frozen=True)
class Person:
    """An account and a browser; `sign_in` is done."""

    account: Account
    client: Client


Make = Callable[..., Person]


def found_city() -> None:
    """A government with two departments, one of them with an institution below it; three roles."""
    pieces = [
        OrganisationPiece("station", Label("派出所", "Police Station"), "institution", parent="police"),
        OrganisationPiece("police", Label("公安局", "Police Bureau"), "department", parent="city"),
        OrganisationPiece("audit", Label("审计局", "Audit Bureau"), "department", parent="city"),
        OrganisationPiece("city", Label("市政府", "City Government"), "government"),
    ]
    Organisations().apply(pieces, by=HOUSE)
    roles = [
        RolePiece("auditor", Label("审计员", "Auditor"), ("audit.read",)),
        RolePiece("inspector", Label("督查员", "Inspector"), ("audit.read",), needs_otp=True),
        RolePiece("administrator", Label("管理员", "Administrator"), ("identity.manage", "packs.adopt")),
    ]
    Roles().apply(roles, by=HOUSE)


def make_person(role_code: str = "", *, kind: str = "official", name: str = "", signed_in: bool = True) -> Person:
    """`make_person("auditor")`, `make_person(kind="citizen")`: an account with that role, signed in."""
    name = name or role_code or kind
    new = NewAccount(name, f"{name}的姓名", kind, password=PASSWORD, keeps_password=True)
    account = open_account(new, by=HOUSE)
    if role_code:
        appoint(account, role=role(role_code), organisation=organisation("audit"), by=HOUSE)
    client = Client()
    if signed_in:
        answer = client.post("/sign-in", {"sign_in_name": name, "password": PASSWORD})
        assert answer.status_code == 302
    return Person(account, client)
