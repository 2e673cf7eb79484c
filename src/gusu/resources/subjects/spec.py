"""What a pack says about a base register: who states what, how records find their subject, whom to trust."""

from typing import Annotated

import msgspec

from gusu.kernel.packs import Label, Piece

Tiers = list[list[str]]


class SourceOf(Piece, frozen=True):
    """One way a resource speaks of a subject; a resource may have two (the two people of a marriage).

    record: the item that names the record in its own system; "" where the number does.
    moment: the item that says when the record was last true; "" where the batch's arrival must do.
    items: element → item.  values: element → {as written: code}.
    """

    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,30}$")]
    resource: str
    title: Label
    items: dict[str, str]
    record: str = ""
    moment: str = ""
    values: dict[str, dict[str, str]] = {}

    @property
    def named_items(self) -> list[str]:
        return [item for item in (self.record, self.moment, *self.items.values()) if item]


class Doubt(Piece, frozen=True):
    """A contradiction between sources that no source can see alone; counted, shown, reported back (GB/T 36344 一致性).

    `element` of one of the sources `between` differs from another's; or, with `where` given, each source named there
    states its element with one of the values ([] means any value at all), all of them about one subject.
    """

    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,40}$")]
    title: Label
    element: str
    between: list[str] = []
    where: dict[str, dict[str, list[str]]] = {}

    @property
    def asked(self) -> dict[str, list[str]]:
        """Source → the elements that the doubt asks of it."""
        return {code: list(stated) for code, stated in self.where.items()} or {
            it: [self.element] for it in self.between
        }

    @property
    def elements(self) -> set[str]:
        """Everything it speaks of, and so tells."""
        return {self.element, *(element for asked in self.asked.values() for element in asked)}


class Guardians(Piece, frozen=True):
    """Who may act for a child, by the household register (民法典 art. 27): both of one household, each in one of these
    relations to its head, the child under age and the other not.

    household, relation, born: elements.  guardians, wards: codes of the relation.  of_age: full years.
    """

    household: str
    relation: str
    born: str
    guardians: Annotated[list[str], msgspec.Meta(min_length=1)]
    wards: Annotated[list[str], msgspec.Meta(min_length=1)]
    of_age: int = 18

    @property
    def elements(self) -> list[str]:
        return [self.household, self.relation, self.born]


class SubjectsPiece(Piece, frozen=True):
    """A base register of subjects.

    number: the element that links records (its normal form makes it comparable).
    elements: element → tiers of source codes, most trusted tier first; inside a tier the newest record wins, then the
    order.  find_by: elements a subject may be looked up by, whole values only.  real_name: beside the number, what
    somebody who says they are this subject has to know, their name first.  guardians: who may act for whom.
    """

    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,40}$")]  # names the register's table
    title: Label
    number: str
    sources: Annotated[list[SourceOf], msgspec.Meta(min_length=1, max_length=52)]
    elements: dict[str, Tiers]
    find_by: list[str] = []
    doubts: list[Doubt] = []
    real_name: list[str] = []
    guardians: Guardians | None = None

    @property
    def table(self) -> str:
        return table_of(self.code)

    @property
    def dossiers(self) -> str:
        return dossiers_of(self.code)

    @property
    def resources(self) -> list[str]:
        return list(dict.fromkeys(source.resource for source in self.sources))

    def sources_in(self, resource: str) -> list[SourceOf]:
        return [source for source in self.sources if source.resource == resource]

    def given_by(self, source: SourceOf) -> list[str]:
        """The elements a source speaks of, in the register's order."""
        return [element for element in self.elements if element in source.items]

    def dataset(self, source: SourceOf) -> str:
        """The name of a source's linked records in the lake."""
        return dataset_of(self.code, source.code)


def dataset_of(register: str, source: str) -> str:
    return f"{register}.{source}"


def table_of(register: str) -> str:
    """The name of a register's table of golden records."""
    return f"subjects_{register}"


def dossiers_of(register: str) -> str:
    """The name of its table of closed dossiers."""
    return f"dossiers_{register}"


def column(element: str) -> str:
    """`person.name` → `name`."""
    return element.rsplit(".", 1)[-1]


def blind_column(element: str) -> str:
    """`person.phone` → `phone_blind`: what a sealed element is found by."""
    return f"{column(element)}_blind"


def kept_as(spec: SubjectsPiece) -> str:
    """As text, because the order of the elements counts and PostgreSQL's jsonb keeps none."""
    return msgspec.json.encode(spec).decode()


def spec_of(stored: str) -> SubjectsPiece:
    return msgspec.json.decode(stored, type=SubjectsPiece)
