"""The officials of the small office (`tests.services.cases.office`), signed in: a browser for each."""

from collections.abc import Callable

from django.test import Client
from tests.services.cases.office import BY, found_office

from gusu.identity.accounts.actions import NewAccount, appoint, open_account
from gusu.identity.organisations.queries import organisation
from gusu.identity.roles.pack import RolePiece, Roles
from gusu.identity.roles.queries import role
from gusu.kernel.packs import Label

PASSWORD = "lotus-canal-garden"
DESKS = {  # who: (organisation, permissions)
    "window": ("hall", ("cases.receive",)),
    "officer": ("wheels", ("cases.handle",)),
    "approver": ("wheels", ("cases.handle", "cases.decide", "licences.revoke")),
    "neighbour": ("boats", ("cases.handle", "cases.decide", "licences.revoke")),
    "leader": ("city", ("cases.lead",)),
    "auditor": ("city", ("audit.read",)),
}
Open = Callable[[str], Client]


def open_desks() -> None:
    found_office()
    roles = [RolePiece(name, Label(name, name), permissions) for name, (_, permissions) in DESKS.items()]
    Roles().apply(roles, by=BY)


def desk(name: str, *, language: str = "en") -> Client:
    """`desk("officer")`: signed in."""
    new = NewAccount(name, f"{name}先生", "official", password=PASSWORD, keeps_password=True)
    account = open_account(new, by=BY)
    appoint(account, role=role(name), organisation=organisation(DESKS[name][0]), by=BY)
    client = Client(headers={"accept-language": language})
    answer = client.post("/sign-in", {"sign_in_name": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client
