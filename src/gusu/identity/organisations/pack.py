"""What a pack may say about organisations: `organisations.yaml`."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec

from gusu.identity.organisations.models import Organisation
from gusu.identity.organisations.queries import in_force
from gusu.identity.organisations.rules import is_uscc
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.errors import GusuError
from gusu.kernel.packs import Known, Label, Piece, Problem, Section
from gusu.kernel.text import Text

Code = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
DECLARED = ["name_zh", "name_en", "kind", "uscc", "ended_on"]


class OrganisationCircle(GusuError):
    """Following the parents upwards comes back to where it began."""

    status, code = 422, "organisation_circle"
    says = Text(
        "机构的上级关系成环：{circle}。请改正其中一个的 parent。",
        "Organisations stand above each other in a circle: {circle}. Correct one parent.",
    )


class OrganisationPiece(Piece, frozen=True):
    """`{code: police, name: {zh: …, en: …}, kind: department, parent: city, uscc: …}`; the last two may be left out."""

    code: Code
    name: Label
    kind: Literal["government", "department", "district", "institution", "other"]
    parent: str = ""
    uscc: str = ""


class Organisations(Section[OrganisationPiece]):
    """Governments, departments and institutions as a tree."""

    name = "organisations"
    schema = OrganisationPiece

    def key(self, piece: OrganisationPiece) -> str:
        return piece.code

    def offers(self, piece: OrganisationPiece) -> Iterable[str]:
        return [piece.uscc] if piece.uscc else []

    def check(self, piece: OrganisationPiece, known: Known) -> Iterable[Problem]:
        """Circles of more than one show only over all pieces: `apply` refuses those."""
        if piece.parent == piece.code:
            yield Problem("机构不能是自己的上级", "an organisation cannot be its own parent", ("parent",))
        elif piece.parent:
            yield from known.missing(self.name, piece.parent, at=("parent",))
        if piece.uscc and not is_uscc(piece.uscc):
            zh = f"统一社会信用代码“{piece.uscc}”不符合 GB 32100-2015（18 位，末位为校验码）"
            en = (
                f"'{piece.uscc}' is no unified social credit code (GB 32100-2015: 18 characters with a check character)"
            )
            yield Problem(zh, en, ("uscc",))

    def kept(self) -> dict[str, OrganisationPiece]:
        return {each.code: _piece(each) for each in in_force().select_related("parent")}

    def apply(self, pieces: list[OrganisationPiece], *, by: Actor) -> None:
        """Names first, then parents: a parent may be declared after its children."""
        rows = [_row(piece) for piece in pieces]
        Organisation.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=DECLARED)
        _place({piece.code: piece.parent for piece in pieces})

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Organisation.objects.filter(code__in=keys).update(ended_on=clock.today())


def _row(piece: OrganisationPiece) -> Organisation:
    return Organisation(
        code=piece.code,
        name_zh=piece.name.zh,
        name_en=piece.name.en,
        kind=piece.kind,
        uscc=piece.uscc,
        path=piece.code,
        since=clock.today(),
    )


def _piece(row: Organisation) -> OrganisationPiece:
    parent = row.parent.code if row.parent else ""
    kind: Literal["government"] = row.kind  # type: ignore[assignment]  # the column's choices are the schema's
    return OrganisationPiece(row.code, Label(row.name_zh, row.name_en), kind, parent, row.uscc)


def _place(parents: dict[str, str]) -> None:
    """Set the parents of these codes, and the path of everything that moved with them."""
    every = {row.code: row for row in Organisation.objects.all()}
    codes = {row.pk: row.code for row in every.values()}
    above = {code: codes.get(row.parent_id or 0, "") for code, row in every.items()} | parents
    moved = []
    for code, row in every.items():
        parent = every[above[code]].pk if above[code] else None
        path = "/".join(reversed(list(_upwards(code, above))))
        if (row.parent_id, row.path) != (parent, path):
            row.parent_id, row.path = parent, path
            moved.append(row)
    Organisation.objects.bulk_update(moved, ["parent", "path"], batch_size=500)


def _upwards(code: str, above: dict[str, str]) -> Iterator[str]:
    seen = list[str]()
    while code:
        if code in seen:
            raise OrganisationCircle(circle=" → ".join([*seen, code]))
        seen.append(code)
        yield code
        code = above[code]


SECTIONS = [Organisations()]
