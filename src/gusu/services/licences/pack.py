"""What a pack may say about licences: `licences/*.yaml`, one kind a file."""

from collections.abc import Iterable

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Problem, Section
from gusu.services.licences import actions, queries
from gusu.services.licences.spec import LicencePiece


class Licences(Section[LicencePiece]):
    name = "licences"
    schema = LicencePiece
    needs = ("items", "organisations", "elements")

    def key(self, piece: LicencePiece) -> str:
        return piece.licence

    def check(self, piece: LicencePiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("items", piece.item, at=("item",))
        yield from known.missing("organisations", piece.issuer, at=("issuer",))
        for place, one in enumerate(piece.printed):
            yield from known.missing("elements", one.element, at=("printed", place, "element"))

    def kept(self) -> dict[str, LicencePiece]:
        return queries.declarations()

    def apply(self, pieces: list[LicencePiece], *, by: Actor) -> None:
        actions.write_kinds(pieces)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.end_kinds(keys)


SECTIONS = [Licences()]
