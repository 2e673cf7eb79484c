"""What can be asked of the catalogue."""

from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q, QuerySet

from gusu.kernel import clock
from gusu.kernel.errors import NotFound
from gusu.kernel.search.text import words_of
from gusu.kernel.text import Text
from gusu.resources.catalogue.models import Entry

__all__ = ["GRANTED", "Entry", "entries", "entry_of", "granted_to", "matching"]

# SQL for the elements granted, as an array: to an organisation, for a purpose, on a day (given twice), of a register.
# A query that reads facts reads the grants with them, so that no fact leaves under a grant that has just ended.
GRANTED = """
    SELECT array_agg(DISTINCT element) FROM resources_grant AS granted, unnest(granted.elements) AS element
    WHERE granted.organisation = %s AND granted.purpose = %s AND granted.ended_at IS NULL
        AND granted.from_on <= %s AND coalesce(granted.until_on >= %s, true) AND granted.register = %s
"""


def granted_to(organisation: str, register: str, purpose: str) -> set[str]:
    """Elements of a register that an organisation may have for a purpose today."""
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(GRANTED, [organisation, purpose, today, today, register])
        [(found,)] = cursor.fetchall()
    return set(found or ())


def entries() -> QuerySet[Entry]:
    """Every entry in force, by code."""
    return Entry.objects.filter(withdrawn_at=None).order_by("code")


def matching(asked: str) -> QuerySet[Entry]:
    """Entries whose title or abstract holds every word asked for."""
    found = entries()
    for word in words_of(asked):
        words = [
            Q(**{f"{field}__icontains": word})
            for field in ("title_zh", "title_en", "abstract_zh", "abstract_en", "code")
        ]
        found = found.filter(reduce(or_, words))
    return found


def entry_of(resource: str) -> Entry:
    """One entry by its short name or its code; NotFound when there is none."""
    found = Entry.objects.filter(resource=resource).first() or Entry.objects.filter(code=resource).first()
    if found is None:
        raise NotFound(kind=Text("目录条目", "catalogue entry"), key=resource)
    return found
