"""Which purposes there are."""

from collections.abc import Iterable

from django.db.models import QuerySet

from gusu.identity.purposes.models import Purpose
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text

__all__ = ["Purpose"]

# SQL for whether a purpose can be named today, its code given: a query that reads under a purpose asks it along.
CAN_BE_NAMED = f"EXISTS (SELECT FROM {Purpose._meta.db_table} WHERE code = %s AND retired_at IS NULL)"


def purposes_in_force() -> QuerySet[Purpose]:
    return Purpose.objects.filter(retired_at=None).order_by("code")


def purposes_named(codes: Iterable[str]) -> dict[str, Purpose]:
    """By code, in one query; retired ones too, because old lines of the trail name them."""
    return {purpose.code: purpose for purpose in Purpose.objects.filter(code__in=list(codes))}


def purpose(code: str) -> Purpose:
    """A purpose that can be named today; NotFound."""
    found = purposes_in_force().filter(code=code).first()
    if found is None:
        raise no_purpose(code)
    return found


def no_purpose(code: str) -> NotFound:
    return NotFound(kind=Text("用途", "purpose"), key=code)
