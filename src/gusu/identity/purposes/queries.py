"""Which purposes there are."""

from django.db.models import QuerySet

from gusu.identity.purposes.models import Purpose
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text

__all__ = ["Purpose"]


def purposes_in_force() -> QuerySet[Purpose]:
    return Purpose.objects.filter(retired_at=None).order_by("code")


def purpose(code: str) -> Purpose:
    """A purpose that can be named today; NotFound."""
    found = purposes_in_force().filter(code=code).first()
    if found is None:
        raise NotFound(kind=Text("用途", "purpose"), key=code)
    return found
