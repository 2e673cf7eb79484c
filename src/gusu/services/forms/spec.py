"""The declaration of a form: steps of fields, each field a data element."""

from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from gusu.kernel.packs import Label, Piece

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]


class When(Piece, frozen=True):
    """A field is asked only when another one has one of these values. Always judged on the server."""

    element: str
    is_one_of: Annotated[list[str], msgspec.Meta(min_length=1)]


class Field(Piece, frozen=True):
    """One element that the form speaks of.

    ask: `register` is filled in from the register and locked where that knows it, else typed; `applicant` is always
    typed.  required: of what has to be typed; an element that the register does not know and nobody must give is shown
    as unknown.  label, hint: where the element's own label is not enough.
    """

    element: str
    ask: Literal["register", "applicant"] = "register"
    required: bool = True
    label: Label | None = None
    hint: Label | None = None
    when: When | None = None


class Step(Piece, frozen=True):
    """One group of questions: a page of its own on paper, a card on a screen."""

    title: Label
    fields: Annotated[list[Field], msgspec.Meta(min_length=1)]
    note: Label | None = None


class FormPiece(Piece, frozen=True):
    """`forms/*.yaml`: what one service item asks.

    register: the base register it is filled in from.  applicant: the elements that name the person it is about, for
    lists and letters.  promise: what the applicant vouches for with the submission.  wards: whether a guardian may
    apply for a child.  own: whether one may apply for oneself.
    """

    form: Name
    item: str
    register: str
    applicant: str
    steps: Annotated[list[Step], msgspec.Meta(min_length=1)]
    promise: Label
    wards: bool = False
    own: bool = True

    @property
    def fields(self) -> list[Field]:
        return [field for step in self.steps for field in step.fields]

    @property
    def elements(self) -> list[str]:
        return [field.element for field in self.fields]


def written(piece: FormPiece) -> str:
    return msgspec.json.encode(piece).decode()


@lru_cache(maxsize=1024)
def read(declaration: str) -> FormPiece:
    """The declaration of a version; versions never change, so what was read once is kept."""
    return msgspec.json.decode(declaration, type=FormPiece)
