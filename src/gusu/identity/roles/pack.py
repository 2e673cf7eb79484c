"""What a pack may say about roles: `roles.yaml`."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from gusu.identity.roles.models import Role
from gusu.identity.roles.queries import roles_in_force
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section

Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Permission = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+\.[a-z_]+$")]
DECLARED = ["name_zh", "name_en", "permissions", "needs_otp", "retired_at"]


class RolePiece(Piece, frozen=True):
    """`{code: auditor, name: {zh: 审计员, en: Auditor}, permissions: [audit.read], needs_otp: true}`."""

    code: Code
    name: Label
    permissions: tuple[Permission, ...]
    needs_otp: bool = False


class Roles(Section[RolePiece]):
    """Which permissions come with a post."""

    name = "roles"
    schema = RolePiece

    def key(self, piece: RolePiece) -> str:
        return piece.code

    def check(self, piece: RolePiece, known: Known) -> Iterable[Problem]:
        for place, permission in enumerate(piece.permissions):
            if permission.startswith("kind."):
                zh = f"“{permission}”来自账户类别，角色不能授予"
                en = f"'{permission}' comes with the kind of account, no role gives it"
                yield Problem(zh, en, ("permissions", place))
            elif permission in piece.permissions[:place]:
                yield Problem(f"“{permission}”重复", f"'{permission}' is given twice", ("permissions", place))

    def kept(self) -> dict[str, RolePiece]:
        return {row.code: _piece(row) for row in roles_in_force()}

    def apply(self, pieces: list[RolePiece], *, by: Actor) -> None:
        rows = [_row(piece) for piece in pieces]
        Role.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=DECLARED)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        """Appointments stay on record and give nothing from now on."""
        Role.objects.filter(code__in=keys, retired_at=None).update(retired_at=clock.now())


def _row(piece: RolePiece) -> Role:
    return Role(
        code=piece.code,
        name_zh=piece.name.zh,
        name_en=piece.name.en,
        permissions=list(piece.permissions),
        needs_otp=piece.needs_otp,
    )


def _piece(row: Role) -> RolePiece:
    return RolePiece(row.code, Label(row.name_zh, row.name_en), tuple(row.permissions), row.needs_otp)


SECTIONS = [Roles()]
