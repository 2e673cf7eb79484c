"""What a pack says about a register with a history: who states what is so, who reports what changed, how the two make
spans of time.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec

from gusu.kernel.packs import Label, Piece

Deed = Literal["founds", "dissolves", "replaces", "reassigns", "notes"]


class States(Piece, frozen=True):
    """A resource that lists everything in force on one day. items: element → item of the resource."""

    resource: str
    on: date
    items: dict[str, str]

    @property
    def named_items(self) -> list[str]:
        return list(self.items.values())


class Changes(Piece, frozen=True):
    """A resource of dated changes from one thing to another.

    year, kind: its items for the moment and the sort of change; kind_element: the data element whose code list names
    the sorts.  before, after: element → item on either side; both: element → item that holds for both sides.  values:
    element → {as written: code}.  kinds: sort of change → what it does to the two sides: founds (after begins),
    dissolves (before ends, and after - if given - takes it in), replaces (before ends, after begins), reassigns (the
    same, but the after is another thing that merely got the code), notes (neither).
    """

    resource: str
    year: str
    kind: str
    before: dict[str, str]
    after: dict[str, str]
    both: dict[str, str]
    values: dict[str, dict[str, str]]
    kinds: dict[str, Deed]
    kind_element: str = ""

    @property
    def named_items(self) -> list[str]:
        return [self.year, self.kind, *self.before.values(), *self.after.values(), *self.both.values()]


class RegisterPiece(Piece, frozen=True):
    """A register and how its sources make it.

    open: anyone may look things up in it.  search: the elements found by words.  parent: the element that names the
    key above.
    hierarchy: how many characters of the key name each level, where keys are built that way; gives the parent no
    source states.
    """

    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,40}$")]  # names the register's tables
    title: Label
    key: str
    elements: list[str]
    search: list[str]
    states: States
    changes: Changes
    hierarchy: list[int] = []
    parent: str = ""
    open: bool = False

    @property
    def table(self) -> str:
        return f"register_{self.code}"

    @property
    def columns(self) -> list[str]:
        """The elements' column names: the last part of each path."""
        return [column(element) for element in self.elements]

    @property
    def told_apart_by(self) -> list[str]:
        """The elements that, beside the key, make a version another version: those both sides of a change give."""
        return [column(element) for element in self.changes.before if element != self.key]

    @property
    def sources(self) -> list[str]:
        return [self.states.resource, self.changes.resource]


def column(element: str) -> str:
    """`division.name` → `name`."""
    return element.rsplit(".", 1)[-1]


def spec_of(stored: object) -> RegisterPiece:
    return msgspec.convert(stored, RegisterPiece)
