"""How an item's cases are decided: the rule, or that a person decides; the clocks' colours; where the outcome goes."""

from functools import lru_cache
from typing import Annotated

import msgspec

from gusu.kernel.packs import Label, Piece

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class Condition(Piece, frozen=True):
    """One thing that must hold of an element as the register knows it. Exactly one of the tests is given.

    years_at_least, years_below: since a day.  is_one_of, begins_with: the value.  is_unknown: no source has one.
    otherwise: the reason a person is told when it does not hold.
    """

    element: str
    otherwise: Label
    years_at_least: int | None = None
    years_below: int | None = None
    is_one_of: list[str] = []
    begins_with: list[str] = []
    is_unknown: bool = False

    @property
    def tests(self) -> int:
        given = (self.years_at_least is not None, self.years_below is not None)
        return sum(given) + bool(self.is_one_of) + bool(self.begins_with) + self.is_unknown


class DecisionPiece(Piece, frozen=True):
    """`decisions/*.yaml`: how the cases of one service item are decided.

    granted_when: all of these; none: a person decides every case.  returned_to: the code of the return that carries
    the outcome to the department; "" keeps it here.  correction_days: after a notice, until the case expires.
    draft_days: what is not submitted is erased.  yellow_percent, yellow_days: when a running clock shows yellow.
    """

    decision: Name
    item: str
    register: str
    granted_when: list[Condition] = []
    returned_to: str = ""
    correction_days: Days = 30
    draft_days: Days = 30
    yellow_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 90
    yellow_days: Annotated[int, msgspec.Meta(ge=0)] = 1


def written(piece: DecisionPiece) -> str:
    return msgspec.json.encode(piece).decode()


@lru_cache(maxsize=1024)
def read(declaration: str) -> DecisionPiece:
    """The declaration of a version; versions never change, so what was read once is kept."""
    return msgspec.json.decode(declaration, type=DecisionPiece)
