"""What can be asked of the tree of organisations."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from gusu.identity.organisations.models import Kind, Organisation
from gusu.identity.organisations.rules import is_uscc
from gusu.kernel.errors import NotFound
from gusu.kernel.search.text import matching
from gusu.kernel.text import Text

__all__ = ["Kind", "Node", "Organisation", "is_uscc"]


@dataclass(frozen=True)
class Node:
    """An organisation and what stands below it, by name."""

    organisation: Organisation
    children: tuple["Node", ...]


def in_force() -> QuerySet[Organisation]:
    """Every organisation that exists today."""
    return Organisation.objects.filter(ended_on=None)


def organisation(code: str) -> Organisation:
    """One organisation, also one that has ended; NotFound."""
    found = Organisation.objects.select_related("parent").filter(code=code).first()
    if found is None:
        raise NotFound(kind=Text("机构", "organisation"), key=code)
    return found


def by_code(codes: list[str]) -> dict[str, Organisation]:
    """Those of `codes` that exist, by code, in one query."""
    return {found.code: found for found in Organisation.objects.filter(code__in=codes)}


def tree() -> tuple[Node, ...]:
    """The whole tree of what exists today, in one query; beside each other in order.

    What stands below an ended parent stands at the top.
    """
    found = in_order()
    known = {each.pk for each in found}
    below = defaultdict[int | None, list[Organisation]](list)
    for each in found:
        below[each.parent_id if each.parent_id in known else None].append(each)
    return _nodes(below, None)


def in_order() -> list[Organisation]:
    """All that exist today: governments first, then departments, districts, institutions; each as declared."""
    return _ordered(in_force())


def subtree(top: Organisation) -> QuerySet[Organisation]:
    """`top` and everything below it that exists today, parents before children."""
    return in_force().filter(Q(path=top.path) | Q(path__startswith=f"{top.path}/")).order_by("path")


def children_of(parent: Organisation) -> list[Organisation]:
    """What stands directly below, in order."""
    return _ordered(in_force().filter(parent=parent))


def ancestors_of(organisation: Organisation) -> list[Organisation]:
    """From the top down to its parent, in one query."""
    codes = organisation.path.split("/")[:-1]
    found = by_code(codes)
    return [found[code] for code in codes]


def organisations_matching(asked: str, *, most: int = 50) -> list[Organisation]:
    """By name in either language, code or USCC; the first `most` in the order of the tree."""
    return list(matching(in_force().select_related("parent"), "words", asked).order_by("path")[:most])


def _ordered(found: QuerySet[Organisation]) -> list[Organisation]:
    return sorted(found, key=lambda each: (Kind.values.index(each.kind), each.pk))


def _nodes(below: dict[int | None, list[Organisation]], parent: int | None) -> tuple[Node, ...]:
    return tuple(Node(each, _nodes(below, each.pk)) for each in below.get(parent, ()))


def names_of(codes: set[str]) -> dict[str, Text]:
    """Names by code, in one query."""
    return {
        code: Text(zh, en)
        for code, zh, en in Organisation.objects.filter(code__in=codes).values_list("code", "name_zh", "name_en")
    }
