"""What a pack may say to the catalogue: `resources/*.yaml`, one entry a file."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

import msgspec
from django.db import connection
from django.db.models import QuerySet

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section
from gusu.resources.catalogue.models import Entry, Grant

NEXT_CODE = """
INSERT INTO resources_codesequence VALUES (%s, 1)
ON CONFLICT (classification) DO UPDATE SET last = resources_codesequence.last + 1 RETURNING last
"""
CYCLES = Literal[
    "realtime", "daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly", "irregular", "on-demand"
]


class Item(Piece, frozen=True):
    """One information item (element 8). type: C N Y D T L M G B I F as in the guide."""

    name: str
    title: Label
    element: str
    type: Literal["C", "N", "Y", "D", "T", "L", "M", "G", "B", "I", "F"]
    length: int
    required: bool = False
    grade: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1


class EntryPiece(Piece, frozen=True):
    resource: str
    classification: Annotated[str, msgspec.Meta(pattern=r"^[123]\d{2}\d{3}\d*$")]
    title: Label
    provider: str
    abstract: Label
    format: str
    items: Annotated[list[Item], msgspec.Meta(min_length=1)]
    sharing: Literal["unconditional", "conditional", "none"]
    sharing_condition: Annotated[str, msgspec.Meta(min_length=1)]
    cycle: CYCLES
    published_on: date
    source: str
    sharing_way: str = ""
    open: bool = False
    open_condition: str = ""
    cycle_raw: str = ""
    related: list[str] = []
    key: str = ""
    changed: str = ""
    retention_days: Annotated[int, msgspec.Meta(ge=0)] = 0


class Entries(Section[EntryPiece]):
    name = "resources"
    schema = EntryPiece
    needs = ("organisations", "elements")

    def key(self, piece: EntryPiece) -> str:
        return piece.resource

    def offers(self, piece: EntryPiece) -> Iterable[str]:
        return [item.name for item in piece.items]

    def check(self, piece: EntryPiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("organisations", piece.provider, at=("provider",))
        for place, item in enumerate(piece.items):
            yield from known.missing("elements", item.element, at=("items", place, "element"))
        names = {item.name for item in piece.items}
        for field in ("key", "changed"):
            if (named := getattr(piece, field)) and named not in names:
                yield Problem(f"信息项中没有“{named}”", f"no item is named '{named}'", (field,))
        if piece.sharing != "none" and not piece.sharing_way:
            yield Problem(
                "共享方式必填（不予共享的除外）",
                "the way of sharing is required unless nothing is shared",
                ("sharing",),
            )
        if piece.open and piece.sharing == "none":
            yield Problem("向社会开放的资源必须可共享", "what is open to society must be shared", ("open",))
        if len(piece.abstract.zh) < 10 or piece.abstract.zh == piece.title.zh:
            yield Problem(
                "摘要至少十个字，且不能只重复名称",
                "the abstract needs ten characters, not the title again",
                ("abstract",),
            )

    def kept(self) -> dict[str, EntryPiece]:
        return {entry.resource: _piece(entry) for entry in _in_force()}

    def apply(self, pieces: list[EntryPiece], *, by: Actor) -> None:
        for piece in pieces:
            entry = Entry.objects.filter(resource=piece.resource).first() or Entry(
                resource=piece.resource, code=_fresh_code(piece.classification), classification=piece.classification
            )
            _fill(entry, piece)
            entry.save()

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Entry.objects.filter(resource__in=keys).update(withdrawn_at=clock.now())


def _in_force() -> QuerySet[Entry]:
    return Entry.objects.filter(withdrawn_at=None)


def _fresh_code(classification: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_CODE, [classification])
        [(sequence,)] = cursor.fetchall()
    return f"{classification}/{sequence:06d}"


def _fill(entry: Entry, piece: EntryPiece) -> None:
    entry.title_zh, entry.title_en = piece.title.zh, piece.title.en
    entry.abstract_zh, entry.abstract_en = piece.abstract.zh, piece.abstract.en
    entry.items = msgspec.to_builtins(piece.items)
    entry.is_open, entry.withdrawn_at = piece.open, None
    for field in SAME:
        setattr(entry, field, getattr(piece, field))


SAME = [
    "provider",
    "format",
    "sharing",
    "sharing_condition",
    "sharing_way",
    "open_condition",
    "cycle",
    "cycle_raw",
    "published_on",
    "source",
    "related",
    "key",
    "changed",
    "retention_days",
]


def _piece(entry: Entry) -> EntryPiece:
    return EntryPiece(
        resource=entry.resource,
        classification=entry.classification,
        title=Label(zh=entry.title_zh, en=entry.title_en),
        abstract=Label(zh=entry.abstract_zh, en=entry.abstract_en),
        items=msgspec.convert(entry.items, list[Item]),
        open=entry.is_open,
        **{field: getattr(entry, field) for field in SAME},
    )


class GrantPiece(Piece, frozen=True):
    """Who may have what of a register, for what purpose, until when. basis: the law or decision it rests on."""

    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
    organisation: str
    register: str
    purpose: str
    elements: Annotated[list[str], msgspec.Meta(min_length=1)]
    basis: Annotated[str, msgspec.Meta(min_length=1)]
    from_on: date
    until_on: date | None = None


class Grants(Section[GrantPiece]):
    name = "grants"
    schema = GrantPiece
    needs = ("organisations", "purposes", "elements")

    def key(self, piece: GrantPiece) -> str:
        return piece.code

    def check(self, piece: GrantPiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("organisations", piece.organisation, at=("organisation",))
        yield from known.missing("purposes", piece.purpose, at=("purpose",))
        yield from known.missing("subjects", piece.register, at=("register",))
        for place, element in enumerate(piece.elements):
            yield from known.missing("elements", element, at=("elements", place))

    def kept(self) -> dict[str, GrantPiece]:
        fields = GrantPiece.__struct_fields__
        rows = Grant.objects.filter(ended_at=None)
        return {row.code: GrantPiece(**{field: getattr(row, field) for field in fields}) for row in rows}

    def apply(self, pieces: list[GrantPiece], *, by: Actor) -> None:
        for piece in pieces:
            values = msgspec.structs.asdict(piece) | {"ended_at": None}
            Grant.objects.update_or_create(code=values.pop("code"), defaults=values)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Grant.objects.filter(code__in=keys).update(ended_at=clock.now())


SECTIONS = [Entries(), Grants()]
