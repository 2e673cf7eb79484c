"""Who keeps a declared thing: a pack, or the city's own officials."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gusu.kernel.ownership.models import PackPiece


@dataclass(frozen=True)
class Owned:
    """What a pack declared when it was last applied, and whether the city has adopted it since."""

    pack: str
    applied: dict[str, Any]
    adopted: bool = False


def owned_in(section: str) -> dict[str, Owned]:
    """Every piece of a section that a pack has applied, by key; adopted ones included."""
    rows = PackPiece.objects.filter(section=section).order_by("key")
    return {row.key: Owned(row.pack, row.applied, row.adopted_at is not None) for row in rows}


def packs_applied() -> dict[str, int]:
    """How many pieces in force each pack has, by pack."""
    counted: dict[str, int] = {}
    for pack in PackPiece.objects.values_list("pack", flat=True):
        counted[pack] = counted.get(pack, 0) + 1
    return counted


def owner_of(section: str, key: str) -> str | None:
    """The pack that declares this piece, adopted or not; None for what the city made itself."""
    return PackPiece.objects.filter(section=section, key=key).values_list("pack", flat=True).first()


def is_pack_owned(section: str, key: str) -> bool:
    """True while a pack keeps this piece, so that pages show it and do not edit it."""
    return key in pack_owned(section, [key])


def pack_owned(section: str, keys: Iterable[str]) -> set[str]:
    """Those of `keys` that a pack keeps, in one query: for a list page."""
    rows = PackPiece.objects.filter(section=section, key__in=list(keys), adopted_at=None)
    return set(rows.values_list("key", flat=True))
