"""The officials of the small office (`tests.services.cases.office`), signed in: a browser for each."""

from collections.abc import Callable
from datetime import date

from django.test import Client
from tests.services.cases.office import BY, found_office

from gusu.identity.accounts.actions import NewAccount, appoint, open_account
from gusu.identity.organisations.queries import organisation
from gusu.identity.roles.pack import RolePiece, Roles
from gusu.identity.roles.queries import role
from gusu.kernel import clock, ids
from gusu.kernel.packs import Label
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.objections.models import Objection

PASSWORD = "lotus-canal-garden"
DESKS = {  # who: (organisation, permissions)
    "window": ("hall", ("cases.receive",)),
    "officer": ("wheels", ("cases.handle",)),
    "approver": ("wheels", ("cases.handle", "cases.decide", "licences.revoke")),
    "neighbour": ("boats", ("cases.handle", "cases.decide", "licences.revoke")),
    "leader": ("city", ("cases.lead",)),
    "auditor": ("city", ("audit.read",)),
    "keeper": ("wheels", ("objections.answer",)),
    "administrator": ("city", ("identity.manage", "calendar.edit")),
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


def objected(*due_on: date, provider: str = "wheels", state: str = "sent") -> None:
    """An objection due on each of these days."""
    exchange, _ = Exchange.objects.get_or_create(code="riders", resource="riders", connector="csv", settings={})
    batch, _ = Batch.objects.get_or_create(exchange=exchange, number=1, defaults={"opened_at": clock.now()})
    for day in due_on:
        Objection.objects.create(
            register="riders", subject=ids.new("sub"), element="person.name", source="wheels", batch=batch,
            resource="riders", provider=provider, position=1, seen_edition=0, state=state, objected="", right="",
            reason="", filed_at=clock.now(), due_on=day,
        )  # fmt: skip
