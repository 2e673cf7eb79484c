"""What a pack may say about purposes: `purposes.yaml`."""

from typing import Annotated

import msgspec

from gusu.identity.purposes.models import Purpose
from gusu.identity.purposes.queries import purposes_in_force
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Label, Piece, Section

Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Days = Annotated[int, msgspec.Meta(ge=1, le=36525)]
DECLARED = ["name_zh", "name_en", "legal_basis_zh", "legal_basis_en", "retention_days", "retired_at"]


class PurposePiece(Piece, frozen=True):
    """`{code: own_data, name: {zh, en}, legal_basis: {zh: 个人信息保护法第四十五条, en: …}, retention_days: 1095}`."""

    code: Code
    name: Label
    legal_basis: Label
    retention_days: Days


class Purposes(Section[PurposePiece]):
    """For what personal data may be looked at, and by which law (个人信息保护法 art. 13)."""

    name = "purposes"
    schema = PurposePiece

    def key(self, piece: PurposePiece) -> str:
        return piece.code

    def kept(self) -> dict[str, PurposePiece]:
        return {row.code: _piece(row) for row in purposes_in_force()}

    def apply(self, pieces: list[PurposePiece], *, by: Actor) -> None:
        rows = [_row(piece) for piece in pieces]
        Purpose.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=DECLARED)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Purpose.objects.filter(code__in=keys, retired_at=None).update(retired_at=clock.now())


def _row(piece: PurposePiece) -> Purpose:
    return Purpose(
        code=piece.code,
        name_zh=piece.name.zh,
        name_en=piece.name.en,
        legal_basis_zh=piece.legal_basis.zh,
        legal_basis_en=piece.legal_basis.en,
        retention_days=piece.retention_days,
    )


def _piece(row: Purpose) -> PurposePiece:
    basis = Label(row.legal_basis_zh, row.legal_basis_en)
    return PurposePiece(row.code, Label(row.name_zh, row.name_en), basis, row.retention_days)


SECTIONS = [Purposes()]
