"""Invented people to try a city as: who they are is in `people.yaml`, their passwords are made per city.

The database keeps only hashes, so the passwords are also in $GUSU_DATA/run/demo-sign-ins.txt, for the owner alone, to
be shown at every start.  Deleting that file gives everybody in it a new password at the next start.
"""

import os
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction

from gusu.demo.departments.cast import cast
from gusu.identity.accounts import queries as accounts
from gusu.identity.accounts.actions import (
    NewAccount,
    appoint,
    bind_subject,
    close_account,
    open_account,
    reset_password,
)
from gusu.identity.accounts.queries import Account
from gusu.identity.organisations.queries import organisation
from gusu.identity.passwords import readable
from gusu.identity.roles.queries import role
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Label, Piece
from gusu.kernel.text import Text
from gusu.resources.subjects.queries import subject_id

REGISTER = "population"  # whose people the departments' systems are about
DECLARED = Path(__file__).with_name("people.yaml")


class Person(Piece, frozen=True):
    """One invented person; role and organisation for officials."""

    sign_in_name: str
    display_name: str
    kind: str
    label: Label
    role: str = ""
    organisation: str = ""


def people() -> list[Person]:
    return msgspec.yaml.decode(DECLARED.read_bytes(), type=list[Person])


def open_demo_accounts(by: Actor) -> list[tuple[str, str, Text]]:
    """Open the accounts that are not there yet; answers (sign-in name, password, label) of all that are open.

    A second call changes nothing.  Needs the roles and organisations that `people.yaml` names (NotFound).
    """
    passwords, shown = _read(), []
    for person in people():
        account = accounts.account_named(person.sign_in_name)
        if account and (account.closed_at or not account.demo):
            continue
        password = passwords.get(person.sign_in_name) if account else None
        if password is None:
            password = passwords[person.sign_in_name] = readable()
            _give(person, account, password, by)
            _write(passwords)
        shown.append((person.sign_in_name, password, person.label.text))
    return shown


def bind_demo_accounts(by: Actor) -> None:
    """Those who play somebody of the demo city are that person, as if their real name had been checked.

    A second call changes nothing.  NotBuilt.
    """
    players = cast()
    for name, player in (("citizen", players.worker), ("elder", players.elder), ("mother", players.mother)):
        account = accounts.account_named(name)
        if player and account and account.demo and not account.closed_at and not account.subject_id:
            bind_subject(account, subject_id=subject_id(REGISTER, player.number), name=player.name, by=by)


def close_demo_accounts(by: Actor) -> None:
    """Invented people have no place in a real city. A second call finds none."""
    for account in accounts.demo_accounts():
        close_account(account, by=by)
    _file().unlink(missing_ok=True)


@transaction.atomic
def _give(person: Person, account: Account | None, password: str, by: Actor) -> None:
    if account:
        reset_password(account, password=password, by=by)
        return
    new = NewAccount(
        person.sign_in_name, person.display_name, person.kind, password=password, keeps_password=True, demo=True
    )
    account = open_account(new, by=by)
    if person.role:
        appoint(account, role=role(person.role), organisation=organisation(person.organisation), by=by)


def _file() -> Path:
    return Path(settings.DATA) / "run" / "demo-sign-ins.txt"


def _read() -> dict[str, str]:
    if not _file().exists():
        return {}
    return dict(line.split("\t") for line in _file().read_text().splitlines())


def _write(passwords: dict[str, str]) -> None:
    _file().parent.mkdir(parents=True, exist_ok=True)
    draft = _file().with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.writelines(f"{name}\t{password}\n" for name, password in passwords.items())
    draft.replace(_file())
