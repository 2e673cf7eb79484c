"""What can be asked of the catalogue."""

from django.db.models import QuerySet

from gusu.kernel.errors import NotFound
from gusu.resources.catalogue.models import Entry

__all__ = ["Entry", "entries", "entry_of", "item_names"]


def entries() -> QuerySet[Entry]:
    """Every entry in force, by code."""
    return Entry.objects.filter(withdrawn_at=None).order_by("code")


def entry_of(resource: str) -> Entry:
    """One entry by its short name or its code; NotFound when there is none."""
    found = Entry.objects.filter(resource=resource).first() or Entry.objects.filter(code=resource).first()
    if found is None:
        raise NotFound(kind="目录条目 / catalogue entry", key=resource)
    return found


def item_names(resource: str) -> list[str]:
    """The contract's columns, in order."""
    return [item["name"] for item in entry_of(resource).items]
