"""The JSON door of the catalogue."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from ninja import Router, Schema

from gusu.identity.access import Request, anyone, endpoint
from gusu.resources.catalogue import queries

router = Router(tags=["catalogue"])


class EntryOut(Schema):
    """A catalogue entry: the thirteen core elements (发改高技〔2017〕1272号)."""

    resource: str
    code: str
    classification: str
    title_zh: str
    title_en: str
    provider: str
    abstract_zh: str
    abstract_en: str
    format: str
    items: list[dict[str, Any]]
    sharing: str
    sharing_condition: str
    sharing_way: str
    is_open: bool
    open_condition: str
    cycle: str
    cycle_raw: str
    published_on: date
    source: str
    related: list[str]


@router.get("", response=list[EntryOut], url_name="api_catalogue", summary="Every entry in force")
@endpoint(may=anyone)
def entries(request: Request) -> QuerySet[queries.Entry]:
    return queries.entries()


@router.get("/{resource}", response=EntryOut, url_name="api_catalogue_entry", summary="One entry")
@endpoint(may=anyone)
def entry(request: Request, resource: str) -> queries.Entry:
    return queries.entry_of(resource)
