"""What a pack may say to performance: `targets`."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from gusu.governance.performance import actions
from gusu.governance.performance.models import Target
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section


class TargetPiece(Piece, frozen=True):
    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    name: Label
    plan: str
    quote: str
    position: int = 0
    comparison: Literal["", ">", ">=", "="] = ""
    figure: float | None = None
    unit: str = ""
    due: date | None = None


class Targets(Section[TargetPiece]):
    name = "targets"
    schema = TargetPiece

    def key(self, piece: TargetPiece) -> str:
        return piece.code

    def check(self, piece: TargetPiece, known: Known) -> Iterator[Problem]:
        if (piece.figure is None) != (piece.comparison == ""):
            zh, en = "figure 与 comparison 同写或同不写", "figure and comparison go together"
            yield Problem(zh, en, ("figure",))

    def kept(self) -> dict[str, TargetPiece]:
        return {row.code: _piece(row) for row in Target.objects.filter(retired_at=None).order_by("position", "code")}

    def apply(self, pieces: list[TargetPiece], *, by: Actor) -> None:
        actions.write_targets([_row(piece) for piece in pieces])

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.retire_targets(keys)


def _row(piece: TargetPiece) -> Target:
    return Target(
        code=piece.code,
        name_zh=piece.name.zh,
        name_en=piece.name.en,
        comparison=piece.comparison,
        figure=piece.figure,
        unit=piece.unit,
        due=piece.due,
        plan=piece.plan,
        quote=piece.quote,
        position=piece.position,
    )


def _piece(row: Target) -> TargetPiece:
    return TargetPiece(
        code=row.code,
        name=Label(row.name_zh, row.name_en),
        plan=row.plan,
        quote=row.quote,
        position=row.position,
        comparison=row.comparison,  # type: ignore[arg-type]  # the column holds only what the schema let in
        figure=row.figure,
        unit=row.unit,
        due=row.due,
    )


SECTIONS = [Targets()]
