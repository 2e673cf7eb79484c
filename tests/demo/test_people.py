"""The invented people, once."""

import stat
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from gusu.demo.people import REGISTER, open_demo_accounts, people
from gusu.identity.accounts.queries import account_named, actor_signed_in
from gusu.identity.organisations.pack import OrganisationPiece, Organisations
from gusu.identity.roles.pack import RolePiece, Roles
from gusu.identity.signin.actions import sign_in
from gusu.kernel.actor import house
from gusu.kernel.packs import Label
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.site.wiring import PACK_ROOMS

HOUSE = house("tests")


@pytest.fixture
def place(db: None, settings: Settings, tmp_path: Path) -> Path:
    """A city with just the roles and organisations they need, and a data folder."""
    settings.DATA = tmp_path
    officials = [person for person in people() if person.role]
    named = Label("某", "some")
    organisations, roles = {p.organisation for p in officials}, {p.role for p in officials}
    Organisations().apply([OrganisationPiece(code, named, "department") for code in sorted(organisations)], by=HOUSE)
    Roles().apply([RolePiece(code, named, (f"{code}.read",)) for code in sorted(roles)], by=HOUSE)
    return tmp_path / "run" / "demo-sign-ins.txt"


def test_each_signs_in_and_may_do_what_their_role_says(place: Path) -> None:
    for name, password, _ in open_demo_accounts(HOUSE):
        account = sign_in(name, password, address="192.0.2.1")
        person = next(person for person in people() if person.sign_in_name == name)
        actor = actor_signed_in(account.pk, account.get_session_auth_hash())

        assert actor is not None
        assert actor.permissions == {f"kind.{person.kind}", *([f"{person.role}.read"] if person.role else [])}


def test_a_second_start_changes_nothing(place: Path) -> None:
    first = open_demo_accounts(HOUSE)

    assert open_demo_accounts(HOUSE) == first
    assert len(first) == len(people()) == 14


def test_the_passwords_are_for_the_owner_alone_and_new_when_their_file_is_lost(place: Path) -> None:
    first = open_demo_accounts(HOUSE)
    mode = stat.S_IMODE(place.stat().st_mode)
    place.unlink()
    second = open_demo_accounts(HOUSE)

    assert mode == 0o600
    assert all(old[0] == new[0] and old[1] != new[1] for old, new in zip(first, second, strict=True))
    name, password, _ = second[0]
    assert not sign_in(name, password, address="192.0.2.1").must_change_password


def test_a_real_account_of_the_same_name_is_left_alone(place: Path) -> None:
    open_demo_accounts(HOUSE)
    account = account_named("leader")
    assert account is not None
    account.demo = False
    account.save()

    assert "leader" not in [name for name, _, _ in open_demo_accounts(HOUSE)]


def test_somebody_answers_objections_for_every_source_of_the_population_register() -> None:
    packs = load(gather(PACK_ROOMS))
    register = packs.declared("subjects")[REGISTER].piece
    resources, roles = packs.declared("resources"), packs.declared("roles")
    providers = {resources[source.resource].piece.provider for source in register.sources}  # type: ignore[attr-defined]

    answering = {
        person.organisation
        for person in people()
        if person.role and "objections.answer" in roles[person.role].piece.permissions  # type: ignore[attr-defined]
    }

    assert sorted(providers - answering) == []
