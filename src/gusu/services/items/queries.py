"""What can be asked of service items."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, F, Func, QuerySet

from gusu.kernel.errors import NotFound
from gusu.kernel.search.text import matching
from gusu.kernel.text import Text
from gusu.services.items.linting import score
from gusu.services.items.models import Item, ItemVersion
from gusu.services.items.spec import ItemPiece, read
from gusu.services.versions import declaration_of

__all__ = ["Asked", "Guide", "Item", "ItemPiece"]

PAGE = 30


@dataclass(frozen=True)
class Asked:
    """What somebody looks for: words, and codes of the three facets; what is empty is not asked."""

    words: str = ""
    audience: str = ""
    event: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class Guide:
    """One item as a version says it (办事指南). until_at: when it ended; None while it is in force.

    pk: of the version, for a case to pin.
    """

    pk: int
    item: Item
    piece: ItemPiece
    number: int
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True)
class Score:
    """Points of 100 by the linter: of every item of an organisation, and their mean."""

    organisation: str
    mean: float
    items: dict[str, int]


def items(asked: Asked | None = None, *, after: int = 0) -> tuple[list[Item], int]:
    """(the items in force that are looked for, from `after` on, a page of them; where the next page begins, or 0)."""
    found = list(_found(asked or Asked()).filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else 0


def facets(asked: Asked) -> dict[str, dict[str, int]]:
    """For each facet its codes with how many items there would be, the other facets staying as they are."""
    return {
        "audience": _counted(_found(replace(asked, audience="")), Func(F("audiences"), function="unnest")),
        "event": _counted(_found(replace(asked, event="")), Func(F("events"), function="unnest")),
        "organisation": _counted(_found(replace(asked, organisation="")), F("organisation")),
    }


def guide_of(item: str) -> Guide:
    """An item by its short name or its code, also one that has ended; NotFound."""
    versions = ItemVersion.objects.select_related("item").order_by("-number")
    found = versions.filter(item__item=item).first() or versions.filter(item__code=item).first()
    if found is None:
        raise NotFound(kind=Text("服务事项", "service item"), key=item)
    return _guide(found)


def guide_at(version: int) -> Guide:
    """An item as a version says it that a case has pinned."""
    return _guide(ItemVersion.objects.select_related("item").get(pk=version))


def piece_at(version: int) -> ItemPiece:
    """What that version says, and nothing else of it."""
    return read(declaration_of(ItemVersion, version))


def titles(items: Iterable[str]) -> dict[str, Text]:
    """Short name → title of these items, in one query."""
    rows = Item.objects.filter(item__in=list(items)).values_list("item", "title_zh", "title_en")
    return {item: Text(zh, en) for item, zh, en in rows}


def declarations() -> dict[str, ItemPiece]:
    """Every item in force as it is declared now, by its short name, in one query."""
    rows = ItemVersion.objects.filter(until_at=None).values_list("item__item", "declaration")
    return {item: read(declaration) for item, declaration in rows}


def scores() -> list[Score]:
    """What the linter gives every organisation for its items, in the order of their codes."""
    given = defaultdict[str, dict[str, int]](dict)
    for item, piece in declarations().items():
        given[piece.organisation][item] = score(piece)
    return [Score(code, sum(each.values()) / len(each), each) for code, each in sorted(given.items())]


def _guide(row: ItemVersion) -> Guide:
    return Guide(row.pk, row.item, read(row.declaration), row.number, row.from_at, row.until_at)


def _found(asked: Asked) -> QuerySet[Item]:
    found = Item.objects.filter(ended_at=None)
    if asked.audience:
        found = found.filter(audiences__contains=[asked.audience])
    if asked.event:
        found = found.filter(events__contains=[asked.event])
    if asked.organisation:
        found = found.filter(organisation=asked.organisation)
    return matching(found, "words", asked.words) if asked.words else found


def _counted(found: QuerySet[Item], by: Func | F) -> dict[str, int]:
    rows = found.order_by().annotate(one=by).values("one").annotate(number=Count("pk")).values_list("one", "number")
    return dict(rows.order_by("one"))
