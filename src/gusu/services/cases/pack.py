"""What a pack may say about deciding: `decisions/*.yaml`, one item a file."""

from collections.abc import Iterable

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Problem, Section
from gusu.services.cases import actions, queries
from gusu.services.cases.spec import DecisionPiece


class Decisions(Section[DecisionPiece]):
    name = "decisions"
    schema = DecisionPiece
    needs = ("items", "subjects", "elements", "returns")

    def key(self, piece: DecisionPiece) -> str:
        return piece.decision

    def only_one_for(self, piece: DecisionPiece) -> str:
        return piece.item

    def check(self, piece: DecisionPiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("items", piece.item, at=("item",))
        yield from known.missing("subjects", piece.register, at=("register",))
        if piece.returned_to:
            yield from known.missing("returns", piece.returned_to, at=("returned_to",))
        for place, condition in enumerate(piece.granted_when):
            at = ("granted_when", place)
            yield from known.missing_in("subjects", piece.register, condition.element, at=(*at, "element"))
            if condition.tests != 1:
                yield Problem("每个条件只写一种判断", "a condition has exactly one test", at)

    def kept(self) -> dict[str, DecisionPiece]:
        return queries.declarations()

    def apply(self, pieces: list[DecisionPiece], *, by: Actor) -> None:
        actions.write_decisions(pieces)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.end_decisions(keys)


SECTIONS = [Decisions()]
