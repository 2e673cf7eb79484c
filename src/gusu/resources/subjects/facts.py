"""What is known of one element of one subject, with its provenance; read out of golden records and their dossiers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gusu.kernel.crypto import bulk
from gusu.kernel.text import Text
from gusu.resources.subjects.fusing import ENTRY, FIELD, LETTERS, NOBODY, VALUES_FROM
from gusu.resources.subjects.spec import SubjectsPiece, Tiers, spec_of
from gusu.resources.subjects.timeline import wall_clock

State = Literal["known", "unknown", "withheld", "unavailable"]
Entries = list[list[str]]
"""A dossier, open: of each entry its fields (`fusing.py`)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of one element. moment: when its record was last true, None where it does not tell.

    batch, position: the record, in the batch it came with.
    """

    source: str
    title: Text
    value: str
    batch: int
    position: int
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One element about one subject.

    known: `winner` has the value, `losers` what others say.  unknown: no source has a value.  withheld: no grant
    covers it.  unavailable: none of its sources has arrived.
    """

    element: str
    state: State
    winner: Said | None = None
    losers: tuple[Said, ...] = ()

    @property
    def value(self) -> str | None:
        return self.winner.value if self.winner else None


@dataclass(frozen=True, slots=True)
class Trust:
    """Why a value stands.

    tier: of its source among the `tiers` declared for the element, 1 the most trusted.  only: no other source has a
    value.  trusted: the others are of lower tiers.  newest: others of its tier are older.  declared: others of its tier
    are as old, so the declared order decides.
    """

    tier: int
    tiers: int
    reason: Literal["only", "trusted", "newest", "declared"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the dossiers of an edition are read.

    arrived: codes of the sources there were.  order: element → its place in `won`.  places: for each source, element →
    its place in an entry.
    """

    spec: SubjectsPiece
    arrived: frozenset[str]
    order: dict[str, int]
    places: tuple[dict[str, int], ...]


def layout_of(spec: str, sources: tuple[str, ...]) -> Layout:
    """Of an edition made by this declaration (`spec.kept_as`), of whose sources these had arrived."""
    read = spec_of(spec)
    return Layout(
        read,
        frozenset(sources),
        {element: place for place, element in enumerate(read.elements)},
        tuple(
            {element: place for place, element in enumerate(read.given_by(source), VALUES_FROM)}
            for source in read.sources
        ),
    )


def opened(dossier: bytes, subject: UUID, wrapped: str) -> Entries:
    """The entries of a closed dossier."""
    return entries_of(bulk.open_(bytes(dossier), str(subject), wrapped).decode())


def entries_of(dossier: str) -> Entries:
    """The entries of an open one; "" has none."""
    return [entry.split(FIELD) for entry in dossier.split(ENTRY)] if dossier else []


def fact_of(layout: Layout, element: str, allowed: set[str], won: str | None, said: Entries) -> Fact:
    """What an element is, out of `won` and the entries of a subject's dossier (`fusing.py`)."""
    if element not in allowed:
        return Fact(element, "withheld")
    tiers = layout.spec.elements.get(element, [])
    if not {code for tier in tiers for code in tier} & layout.arrived:
        return Fact(element, "unavailable")
    winner = won[layout.order[element]] if won else NOBODY
    told = list(told_of(layout, element, said))
    first = next((each for letter, each in told if letter == winner), None)
    return Fact(element, "known" if first else "unknown", first, tuple(each for _, each in told if each is not first))


def told_of(layout: Layout, element: str, entries: Entries) -> Iterable[tuple[str, Said]]:
    """(source's letter, what it says) of each entry that has a value; a source's newest word before its older."""
    for entry in entries:
        letter, batch, position, _record, moment = entry[:VALUES_FROM]
        which = LETTERS.index(letter)
        place = layout.places[which].get(element)
        if place is not None and (value := entry[place]):
            source = layout.spec.sources[which]
            when = wall_clock(int(moment)) if moment else None
            title = source.title.text
            yield letter, Said(source.code, title, value, int(batch), int(position), when)


def trust_of(tiers: Tiers, winner: Said, losers: Sequence[Said]) -> Trust:
    """Why the winner of an element stands. tiers: as declared for it."""
    rank = next(place for place, tier in enumerate(tiers, 1) if winner.source in tier)
    others = [said for said in losers if said.source != winner.source]
    equals = [said.moment for said in others if said.source in tiers[rank - 1]]
    if not others:
        return Trust(rank, len(tiers), "only")
    if not equals:
        return Trust(rank, len(tiers), "trusted")
    is_newest = winner.moment is not None and all(at is None or at < winner.moment for at in equals)
    return Trust(rank, len(tiers), "newest" if is_newest else "declared")
