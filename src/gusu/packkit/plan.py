"""What applying the packs would change in a running city, piece by piece. Pure: compares three pictures of one piece.

declared  what a pack says today
applied   what the pack said when it was last applied (remembered by kernel/ownership)
kept      what the city has now
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from gusu.kernel.ownership.queries import Owned
from gusu.kernel.packs import AnySection, Piece
from gusu.packkit.load import Declared

Built = dict[str, Any]


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    DRIFT = "drift"
    RETIRED = "retired"
    ADOPTED = "adopted"
    UNCHANGED = "unchanged"


SAID = {
    Kind.NEW: "新增",
    Kind.CHANGED: "变更",
    Kind.DRIFT: "偏离",
    Kind.RETIRED: "停用",
    Kind.ADOPTED: "已收归",
    Kind.UNCHANGED: "不变",
}
SIGNS = {
    Kind.NEW: "+ 新增 new      ",
    Kind.CHANGED: "~ 变更 changed  ",
    Kind.DRIFT: "! 偏离 drift    ",
    Kind.RETIRED: "- 停用 retired  ",
    Kind.ADOPTED: "= 已收归，不改动 adopted, left alone",
    Kind.UNCHANGED: "= 不变 unchanged",
}
ELSEWHERE = "包外改动 changed outside the pack"


@dataclass(frozen=True)
class Difference:
    """One field: what the city has, what the pack says. `path` like `name.zh`."""

    path: str
    old: object
    new: object

    def __str__(self) -> str:
        return f"{self.path}: {_shown(self.old)} → {_shown(self.new)}"


@dataclass(frozen=True)
class Line:
    """What would happen to one piece.

    drifted: on DRIFT, what somebody changed in the city since the last apply (old: as applied, new: as kept)
    """

    kind: Kind
    section: str
    key: str
    pack: str
    piece: Piece | None = None
    changes: tuple[Difference, ...] = ()
    drifted: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        happened = [f"    {ELSEWHERE}: {one}" for one in self.drifted if one.path]
        comes = [f"    {one}" for one in self.changes if one.path]
        return "\n".join([f"{SIGNS[self.kind]} {self.section}/{self.key}  ({self.pack})", *happened, *comes])


@dataclass(frozen=True)
class Plan:
    """Every piece of every section, in the order in which it would be applied."""

    lines: tuple[Line, ...] = field(default_factory=tuple)

    def of(self, section: str, *kinds: Kind) -> list[Line]:
        return [line for line in self.lines if line.section == section and line.kind in kinds]

    @property
    def to_do(self) -> list[Line]:
        """What apply would write."""
        return [line for line in self.lines if line.kind not in (Kind.ADOPTED, Kind.UNCHANGED)]

    @property
    def counts(self) -> dict[str, int]:
        return {kind.value: sum(line.kind is kind for line in self.lines) for kind in Kind}


def plan_section(
    section: AnySection,
    declared: Mapping[str, Declared],
    kept: Mapping[str, Piece],
    owned: Mapping[str, Owned],
    loaded: set[str],
) -> Iterator[Line]:
    """The lines of one section. Pieces of packs that are not among those `loaded` are left alone and not mentioned."""
    for key, one in declared.items():
        yield _declared_line(section, one, kept.get(key), owned.get(key))
    for key, was in owned.items():
        if key not in declared and was.pack in loaded:
            kind = Kind.ADOPTED if was.adopted else Kind.RETIRED
            yield Line(kind, section.name, key, was.pack)


def _declared_line(section: AnySection, one: Declared, kept: Piece | None, owned: Owned | None) -> Line:
    def line(kind: Kind, **more: Any) -> Line:
        return Line(kind, section.name, one.key, one.pack, one.piece, **more)

    if owned and owned.adopted:
        return line(Kind.ADOPTED)
    applied = as_schema(owned.applied, section.schema) if owned else None
    changes = tuple(differences(built(kept), built(one.piece)))
    if kept is None and applied is None:
        return line(Kind.NEW)
    if applied is not None and kept != applied and changes:
        return line(Kind.DRIFT, changes=changes, drifted=tuple(differences(built(applied), built(kept))))
    settled = applied == one.piece and owned is not None and owned.pack == one.pack
    return line(Kind.UNCHANGED if settled and not changes else Kind.CHANGED, changes=changes)


def differences(old: object, new: object, path: str = "") -> Iterator[Difference]:
    """Field by field, where two pieces differ; a list differs as a whole unless both have the same length."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, f"{path}[{number}]")
    else:
        yield Difference(path, old, new)


def built(piece: Piece | None) -> Built | None:
    """A piece as plain data; tuples become lists, dates text."""
    if piece is None:
        return None
    plain: Built = msgspec.json.decode(msgspec.json.encode(piece))
    return plain


def as_schema(applied: Built, schema: type[Piece]) -> Piece | None:
    """What was applied, as today's schema reads it; None when the schema has moved too far to tell."""
    try:
        return msgspec.convert(applied, schema)
    except msgspec.ValidationError:
        return None


def _shown(value: object) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)
