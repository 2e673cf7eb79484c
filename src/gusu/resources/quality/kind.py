"""What a kind of rule is: a declaration that answers one question set-wise - which rows of a batch fail?

Most kinds look at one row alone: they give a condition, and all conditions of a batch are asked in one pass.  The
others look at several rows or at another resource: they give a SELECT of their own, over narrow columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from gusu.kernel.engine.duck import literal
from gusu.kernel.engine.forms import BLANK
from gusu.kernel.packs import Piece

Names = Annotated[list[str], msgspec.Meta(min_length=1)]


def is_filled(value: str) -> str:
    """SQL, never NULL: there is a value, which blanks alone are not."""
    return f"coalesce(NOT regexp_full_match({value}, {literal(f'[{BLANK}]*')}), false)"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a kind may ask for while it is turned into SQL.

    other(resource): the relation of what the resource holds now.  codes(codelist): the codes in force.
    shared(expression): the name of a column in which an expression over a row stands, computed once however many rules
    want it.  kept(expression): likewise, of a column of the relation `looked`, which holds `_position` and no values of
    the batch besides.
    """

    other: Callable[[str], str]
    codes: Callable[[str], list[str]]
    shared: Callable[[str], str]
    kept: Callable[[str], str]


class Kind(Piece, frozen=True, tag_field="kind"):
    """A pack's rule on an item takes the place of the derived one of the same `concern` on it."""

    concern: ClassVar[str] = ""

    def columns(self) -> list[str]:
        """Items of the resource that the rule reads; the pack check holds them against the entry."""
        raise NotImplementedError

    def elsewhere(self) -> list[tuple[str, str]]:
        """(resource, item) the rule looks at outside its own resource."""
        return []

    def resources(self) -> list[str]:
        """The other resources it looks into."""
        return sorted({resource for resource, _ in self.elsewhere()})

    def codelists(self) -> list[str]:
        """The code lists it is held to."""
        return []

    @property
    def concerns(self) -> str:
        return self.concern or str(self.__struct_config__.tag)


class RowKind(Kind, frozen=True):
    """A question to one row."""

    def fails(self, asking: Asking) -> str:
        """SQL: true where the row of `batch` fails; NULL is no failure."""
        raise NotImplementedError


class SetKind(Kind, frozen=True):
    """A question to rows together, or to another resource."""

    def failing(self, asking: Asking) -> str:
        """SQL: a SELECT of the `_position` of every row that fails, from `batch` and `looked`."""
        raise NotImplementedError
