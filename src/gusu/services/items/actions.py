"""Keeping what packs declare: every change is a new version, none is ever written over.

Both are called inside packkit's `apply`, which asks who may, leaves the audit line and is one transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from gusu.kernel import clock
from gusu.services.items.models import Item, ItemVersion
from gusu.services.items.spec import ItemPiece, written

LISTED = ["code", "organisation", "kind", "title_zh", "title_en", "summary_zh", "summary_en"]
LISTED += ["audiences", "events", "words", "ended_at"]


def write_items(pieces: Sequence[ItemPiece]) -> None:
    """A further version of each item, in force from now; an item that says the same as before gets none."""
    now = clock.now()
    Item.objects.bulk_create(
        [_row(piece) for piece in pieces], update_conflicts=True, unique_fields=["item"], update_fields=LISTED
    )
    keys = [piece.item for piece in pieces]
    rows = {row.item: row for row in Item.objects.select_for_update().filter(item__in=keys).order_by("pk")}
    said = dict(ItemVersion.objects.filter(item__item__in=keys, until_at=None).values_list("item_id", "declaration"))
    new = [piece for piece in pieces if said.get(rows[piece.item].pk) != written(piece)]
    _follow([rows[piece.item] for piece in new], new, now)


def end_items(keys: Sequence[str]) -> None:
    """Nobody can apply for these any longer; their versions stay for the cases that pin them."""
    now = clock.now()
    ItemVersion.objects.filter(item__item__in=keys, until_at=None).update(until_at=now)
    Item.objects.filter(item__in=keys, ended_at=None).update(ended_at=now)


def _follow(rows: Sequence[Item], pieces: Sequence[ItemPiece], now: datetime) -> None:
    versions = ItemVersion.objects.filter(item__in=rows)
    last = dict(versions.values("item_id").annotate(last=Max("number")).values_list("item_id", "last"))
    versions.filter(until_at=None).update(until_at=now)
    ItemVersion.objects.bulk_create(
        ItemVersion(item=row, number=last.get(row.pk, 0) + 1, declaration=written(piece), from_at=now)
        for row, piece in zip(rows, pieces, strict=True)
    )


def _row(piece: ItemPiece) -> Item:
    return Item(
        item=piece.item,
        code=piece.code,
        organisation=piece.organisation,
        kind=piece.kind,
        title_zh=piece.title.zh,
        title_en=piece.title.en,
        summary_zh=piece.summary.zh,
        summary_en=piece.summary.en,
        audiences=piece.audiences,
        events=piece.life_events,
        words=piece.words,
    )
