"""What a pack may say about licences: `licences/*.yaml`, one kind a file."""

from collections.abc import Iterable

from gusu.identity.organisations.queries import is_uscc
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Problem, Section
from gusu.services.licences import actions, queries
from gusu.services.licences.spec import LicencePiece

NO_DEFINER = (
    "证照类型代码前 18 位应为定义机构的统一社会信用代码（GB 32100-2015），校验码不符",
    "the first 18 characters are no unified social credit code (GB 32100-2015) of whoever defines this kind",
)


class Licences(Section[LicencePiece]):
    name = "licences"
    schema = LicencePiece
    needs = ("items", "organisations", "elements", "forms")

    def key(self, piece: LicencePiece) -> str:
        return piece.licence

    def only_one_for(self, piece: LicencePiece) -> str:
        return piece.item

    def check(self, piece: LicencePiece, known: Known) -> Iterable[Problem]:
        if not is_uscc(piece.code[:18]):
            yield Problem(*NO_DEFINER, ("code",))
        yield from known.missing("items", piece.item, at=("item",))
        yield from known.missing("organisations", piece.issuer, at=("issuer",))
        for place, one in enumerate(piece.printed):
            yield from known.missing("elements", one.element, at=("printed", place, "element"))
            if known.has("elements", one.element):
                yield from known.not_asked("forms", piece.item, one.element, at=("printed", place, "element"))
        if piece.until_age:
            yield from known.not_asked("forms", piece.item, piece.until_age.born, at=("until_age", "born"))

    def kept(self) -> dict[str, LicencePiece]:
        return queries.declarations()

    def apply(self, pieces: list[LicencePiece], *, by: Actor) -> None:
        actions.write_kinds(pieces)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.end_kinds(keys)


SECTIONS = [Licences()]
