"""What a pack may say to quality: `quality/*.yaml`, a list of rules."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section
from gusu.resources.quality.kinds import AnyKind, kind_of
from gusu.resources.quality.models import Rule


class RulePiece(Piece, frozen=True):
    """dimension: of GB/T 36344-2018. severity: quarantine keeps the row out, notice only counts it."""

    code: str
    resource: str
    dimension: Literal["normative", "complete", "accurate", "consistent", "timely", "accessible"]
    severity: Literal["quarantine", "notice"]
    element: str
    title: Label
    check: AnyKind


class Rules(Section[RulePiece]):
    name = "quality"
    schema = RulePiece
    needs = ("resources", "codelists")

    def key(self, piece: RulePiece) -> str:
        return piece.code

    def check(self, piece: RulePiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("resources", piece.resource, at=("resource",))
        for resource in piece.check.resources():
            yield from known.missing("resources", resource, at=("check", "resource"))
        yield from known.missing_in("resources", piece.resource, piece.element, at=("element",))
        for item in piece.check.columns():
            yield from known.missing_in("resources", piece.resource, item, at=("check",))
        for codelist in piece.check.codelists():
            yield from known.missing("codelists", codelist, at=("check", "codelist"))
        for resource, item in piece.check.elsewhere():
            yield from known.missing_in("resources", resource, item, at=("check",))

    def kept(self) -> dict[str, RulePiece]:
        return {rule.code: _piece(rule) for rule in Rule.objects.filter(ended_at=None)}

    def apply(self, pieces: list[RulePiece], *, by: Actor) -> None:
        for piece in pieces:
            fields = {name: getattr(piece, name) for name in ("resource", "dimension", "severity", "element")}
            fields |= {"title_zh": piece.title.zh, "title_en": piece.title.en, "ended_at": None}
            fields |= {"check_spec": msgspec.to_builtins(piece.check)}
            Rule.objects.update_or_create(code=piece.code, defaults=fields)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Rule.objects.filter(code__in=keys).update(ended_at=clock.now())


def _piece(rule: Rule) -> RulePiece:
    return RulePiece(
        code=rule.code,
        resource=rule.resource,
        dimension=rule.dimension,  # type: ignore[arg-type]
        severity=rule.severity,  # type: ignore[arg-type]
        element=rule.element,
        title=Label(zh=rule.title_zh, en=rule.title_en),
        check=kind_of(rule.check_spec),
    )


SECTIONS = [Rules()]
