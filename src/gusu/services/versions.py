"""What packs declare and cases pin: a declaration under a name, in versions that are never written over."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from django.db import connection, models
from django.db.models import Max, Q

from gusu.kernel import clock


class Version(models.Model):
    """What was declared under a name from a moment until a moment. Only `until_at` ever changes, once.

    declaration: the piece of the pack as JSON text.
    """

    name = models.TextField()
    item = models.TextField(db_index=True, help_text="short name of the service item")
    number = models.IntegerField()
    declaration = models.TextField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="%(class)s_number"),
            models.UniqueConstraint(fields=["name"], condition=Q(until_at=None), name="%(class)s_one_in_force"),
            models.UniqueConstraint(fields=["item"], condition=Q(until_at=None), name="%(class)s_one_an_item"),
        ]

    def __str__(self) -> str:
        return f"{self.name} version {self.number}"


V = TypeVar("V", bound=Version)
Declared = Mapping[str, tuple[str, str]]
"""Name → (item, declaration)."""


def follow(kind: type[V], declared: Declared) -> None:
    """A further version of each that says something else than before, in force from now."""
    now = clock.now()
    said = dict(_in_force(kind, declared).values_list("name", "declaration"))
    new = {name: both for name, both in declared.items() if said.get(name) != both[1]}
    _end(kind, new, now)
    kind._default_manager.filter(item__in=[item for item, _ in new.values()], until_at=None).update(until_at=now)
    numbered = kind._default_manager.filter(name__in=new).values("name").annotate(last=Max("number"))
    last = dict(numbered.values_list("name", "last"))
    kind._default_manager.bulk_create(
        kind(name=name, item=item, number=last.get(name, 0) + 1, declaration=declaration, from_at=now)
        for name, (item, declaration) in new.items()
    )


def end(kind: type[V], names: list[str]) -> None:
    """Nobody begins with these any longer; cases that pin a version keep it."""
    _end(kind, names, clock.now())


def in_force(kind: type[V]) -> dict[str, str]:
    """Name → declaration, of all that are in force, in one query."""
    return dict(kind._default_manager.filter(until_at=None).values_list("name", "declaration"))


def declaration_of(kind: type[models.Model], pk: int) -> str:
    """What a version declares. Asked once: a version is never written over, and never deleted."""
    return _declaration(kind, connection.settings_dict["NAME"], pk)


@lru_cache(maxsize=4096)
def _declaration(kind: type[models.Model], database: str, pk: int) -> str:
    found: str = kind._default_manager.values_list("declaration", flat=True).get(pk=pk)
    return found


def _end(kind: type[V], names: object, now: datetime) -> None:
    _in_force(kind, names).update(until_at=now)


def _in_force(kind: type[V], names: object) -> "models.QuerySet[V]":
    return kind._default_manager.filter(name__in=list(names), until_at=None)  # type: ignore[call-overload]
