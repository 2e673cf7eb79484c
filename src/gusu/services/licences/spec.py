"""The declaration of a kind of e-licence (证照类型)."""

from functools import lru_cache
from typing import Annotated

import msgspec

from gusu.kernel.packs import Label, Piece

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]


class Printed(Piece, frozen=True):
    """One line on the face of the licence (照面). masked: of its characters at most the first four and
    last four are shown, and never more than half.
    """

    element: str
    label: Label | None = None
    masked: bool = False


class UntilAge(Piece, frozen=True):
    """It ends the day before somebody is so old. born: the element that tells their birthday."""

    born: str
    years: Annotated[int, msgspec.Meta(ge=1, le=150)]


class LicencePiece(Piece, frozen=True):
    """`licences/*.yaml`: one kind of e-licence.

    code: 21 characters, the USCC of the body that defines it and 3 digits.  issuer: code of the organisation.
    item: the service item it is the result of.  months: how long it is valid; 0 without end.  version: 3 digits.
    until_age: it ends before its holder is so old, or after its months, whichever comes first.
    renewed_within: from so many days before its end on it may be applied for anew (换发); the new one ends the former.
    """

    licence: Name
    code: Annotated[str, msgspec.Meta(pattern="^[0-9A-HJ-NPQRTUWXY]{18}[0-9]{3}$")]
    title: Label
    issuer: str
    item: str
    printed: Annotated[list[Printed], msgspec.Meta(min_length=1, max_length=8)]
    months: Annotated[int, msgspec.Meta(ge=0, le=1200)] = 0
    until_age: UntilAge | None = None
    renewed_within: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 0
    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{3}$")] = "001"
    note: Label | None = None


def written(piece: LicencePiece) -> str:
    return msgspec.json.encode(piece).decode()


@lru_cache(maxsize=1024)
def read(declaration: str) -> LicencePiece:
    """The declaration of a version; versions never change, so what was read once is kept."""
    return msgspec.json.decode(declaration, type=LicencePiece)
