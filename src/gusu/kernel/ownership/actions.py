"""Adopting a piece, refusing to edit one that is not adopted, and packkit's own book-keeping."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gusu.kernel import clock
from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError, NotFound
from gusu.kernel.ownership import queries, rules
from gusu.kernel.ownership.models import PackPiece
from gusu.kernel.text import Text


class PackOwned(GusuError):
    """A page or program tried to edit what a pack declares."""

    status, code = 409, "pack_owned"
    says = Text(
        "“{key}”由内容包“{pack}”声明，页面上不能修改。请修改内容包，或由管理员先将其收归本市维护。",
        "'{key}' is declared by the pack '{pack}' and is not edited here. Change the pack, or have it adopted first.",
    )


@dataclass(frozen=True)
class Applied:
    """One piece that a pack has just made the city keep."""

    section: str
    key: str
    pack: str
    content: dict[str, Any]


@action(may=rules.may_adopt)
def adopt(section: str, key: str, *, by: Actor) -> PackPiece:
    """From now on the city's officials keep this piece; packs leave it alone and `plan` says so. Twice is as once."""
    piece = PackPiece.objects.select_for_update().filter(section=section, key=key).first()
    if piece is None:
        raise NotFound(kind=f"packs/{section}", key=key)
    if piece.adopted_at is None:
        piece.adopted_at = clock.now()
        piece.save(update_fields=["adopted_at"])
    trail.note(section=section, key=key, pack=piece.pack)
    return piece


def refuse_if_pack_owned(section: str, key: str) -> None:
    """Call it first in every action that edits a declared thing."""
    if queries.is_pack_owned(section, key):
        raise PackOwned(key=key, pack=queries.owner_of(section, key))


def record_applied(pieces: Iterable[Applied]) -> None:
    """Remember what was applied, in one statement. Called by packkit inside its transaction."""
    now = clock.now()
    PackPiece.objects.bulk_create(
        [PackPiece(section=p.section, key=p.key, pack=p.pack, applied=p.content, applied_at=now) for p in pieces],
        update_conflicts=True,
        unique_fields=["section", "key"],
        update_fields=["pack", "applied", "applied_at"],
        batch_size=1000,
    )


def forget(section: str, keys: Iterable[str]) -> None:
    """These pieces are retired: no pack owns them. What they did stays in the audit trail."""
    PackPiece.objects.filter(section=section, key__in=list(keys)).delete()
