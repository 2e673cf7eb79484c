"""The JSON door of service items."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from ninja import Router, Schema

from gusu.identity.access import Request, anyone, endpoint
from gusu.services.items import queries

router = Router(tags=["services"])


class ItemOut(Schema):
    """A service item as lists show it."""

    item: str
    code: str
    title_zh: str
    title_en: str
    summary_zh: str
    summary_en: str
    organisation: str
    kind: str
    audiences: list[str]
    events: list[str]


class ItemsOut(Schema):
    """A page of items; after: give it back for the next page, 0 when there is none."""

    items: list[ItemOut]
    after: int


class GuideOut(Schema):
    """An item as its newest version says it (GB/T 39046-2020 table 4). guide: the declaration, as a pack wrote it."""

    item: str
    version: int
    from_at: datetime
    until_at: datetime | None
    guide: dict[str, Any]


class ScoreOut(Schema):
    """Points of 100 by the item linter: of an organisation's items, and their mean."""

    organisation: str
    mean: float
    items: dict[str, int]


@router.get("", response=ItemsOut, url_name="api_services", summary="Items in force, by words and facets")
@endpoint(may=anyone)
def items(
    request: Request, q: str = "", audience: str = "", event: str = "", organisation: str = "", after: int = 0
) -> dict[str, object]:
    found, following = queries.items(queries.Asked(q.strip(), audience, event, organisation), after=after)
    return {"items": found, "after": following}


@router.get("/scores", response=list[ScoreOut], url_name="api_service_scores", summary="What the item linter gives")
@endpoint(may=anyone)
def scores(request: Request) -> list[dict[str, object]]:
    return [asdict(score) for score in queries.scores()]


@router.get("/{item}", response=GuideOut, url_name="api_service", summary="One item's guide")
@endpoint(may=anyone)
def guide(request: Request, item: str) -> dict[str, object]:
    found = queries.guide_of(item)
    return {
        "item": found.item.item,
        "version": found.number,
        "from_at": found.from_at,
        "until_at": found.until_at,
        "guide": msgspec.to_builtins(found.piece),
    }
