"""Roles and purposes as packs declare them: what was applied is what is kept."""

import pytest
from tests.identity.city import HOUSE

from gusu.identity.purposes.pack import PurposePiece, Purposes
from gusu.identity.purposes.queries import purpose
from gusu.identity.roles.pack import RolePiece, Roles
from gusu.identity.roles.queries import role
from gusu.kernel.errors import NotFound
from gusu.kernel.packs import Label

PURPOSE = PurposePiece("permit", Label("办证", "Permit"), Label("条例第九条", "Regulation art. 9"), 30)
ROLE = RolePiece("clerk", Label("办事员", "Clerk"), ("cases.read", "cases.decide"), needs_otp=True)


@pytest.mark.django_db
@pytest.mark.parametrize(("section", "piece"), [(Purposes(), PURPOSE), (Roles(), ROLE)], ids=["purposes", "roles"])
def test_a_piece_round_trips_retires_and_comes_back(section: Purposes | Roles, piece: PurposePiece | RolePiece) -> None:
    states = []
    for change in ("apply", "apply", "retire", "apply"):
        if change == "apply":
            section.apply([piece], by=HOUSE)  # type: ignore[list-item]
        else:
            section.retire([piece.code], by=HOUSE)
        states.append(section.kept())

    assert states == [{piece.code: piece}, {piece.code: piece}, {}, {piece.code: piece}]


@pytest.mark.django_db
def test_what_is_retired_is_not_found() -> None:
    Purposes().apply([PURPOSE], by=HOUSE)
    Roles().apply([ROLE], by=HOUSE)
    found = (purpose("permit").retention_days, role("clerk").permissions)
    Purposes().retire(["permit"], by=HOUSE)
    Roles().retire(["clerk"], by=HOUSE)

    assert found == (30, ["cases.read", "cases.decide"])
    for query, key in ((purpose, "permit"), (role, "clerk")):
        with pytest.raises(NotFound):
            query(key)


def test_a_role_gives_nothing_twice_and_no_kind_of_account() -> None:
    piece = RolePiece("clerk", Label("办事员", "Clerk"), ("cases.read", "kind.citizen", "cases.read"))

    assert [problem.at for problem in Roles().check(piece, None)] == [  # type: ignore[arg-type]
        ("permissions", 1),
        ("permissions", 2),
    ]
