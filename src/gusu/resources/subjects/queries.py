"""What can be asked of a base register: facts for a purpose, whose they are, and why a value stands."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction

from gusu.identity.purposes import queries as purposes
from gusu.kernel import clock, ids
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.crypto import bulk
from gusu.kernel.engine import duck, forms
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements as elements_of
from gusu.resources.catalogue.queries import GRANTED, granted_to
from gusu.resources.subjects import secrets, store
from gusu.resources.subjects.fusing import VALUES_FROM
from gusu.resources.subjects.models import BaseEdition, BaseRegister, DossierKey
from gusu.resources.subjects.spec import SubjectsPiece, spec_of, table_of

__all__ = [
    "BaseEdition",
    "BaseRegister",
    "Fact",
    "Said",
    "base_editions",
    "base_register",
    "base_registers",
    "declared",
    "facts_about",
    "found_by",
    "newest_edition",
    "newest_editions",
    "registers_fed_by",
]
State = Literal["known", "unknown", "withheld", "unavailable"]
KIND = "sub"  # of a subject's identifier
OWN_DATA = "own_data"  # the purpose under which a person sees everything about themselves


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
class Layout:
    """How the dossiers of an edition are read.

    arrived: codes of the sources there were.  order: element → its place in `won`.  places: for each source, element →
    its place in an entry.
    """

    spec: SubjectsPiece
    arrived: frozenset[str]
    order: dict[str, int]
    places: tuple[dict[str, int], ...]


def base_registers() -> list[BaseRegister]:
    """Those in force, by code."""
    return list(BaseRegister.objects.filter(ended_at=None).order_by("code"))


def base_register(code: str) -> BaseRegister:
    found = BaseRegister.objects.filter(code=code, ended_at=None).first()
    if found is None:
        raise NotFound(kind=Text("基础库", "base register"), key=code)
    return found


def registers_fed_by(resource: str) -> list[tuple[BaseRegister, SubjectsPiece]]:
    """The registers in force that a resource speaks to, with what is declared of them."""
    known = [(register, spec_of(register.spec)) for register in base_registers()]
    return [(register, spec) for register, spec in known if resource in spec.resources]


def newest_edition(register: str) -> BaseEdition | None:
    return BaseEdition.objects.filter(register__code=register).order_by("-number").first()


def newest_editions() -> list[tuple[BaseRegister, BaseEdition | None]]:
    """Every base register in force with its newest edition, in two queries."""
    newest = BaseEdition.objects.order_by("register_id", "-number").distinct("register_id")
    by_register = {edition.register_id: edition for edition in newest}
    return [(register, by_register.get(register.pk)) for register in base_registers()]


def base_editions(register: str) -> list[BaseEdition]:
    """Newest first."""
    return list(BaseEdition.objects.filter(register__code=register).order_by("-number")[:30])


def declared(register: str) -> SubjectsPiece:
    """What the pack says about a register today."""
    return spec_of(base_register(register).spec)


def subject_id(register: str, number: str) -> str:
    """The identifier of whoever has this number (in its normal form), known to the register or not."""
    return ids.spelled(KIND, secrets.subject_of(declared(register), number))


def found_by(register: str, element: str, value: str, *, purpose: str, by: Actor) -> list[str]:
    """Subjects whose element is exactly this, a hundred at most; of a sealed one by its blind index.

    Only under a grant of that element, and with a line in the trail that says what was looked up by and how many were
    found.  NotFound: no such register or purpose, or no element to look up by.  NotAllowed: no grant.
    """
    purposes.purpose(purpose)
    spec = declared(register)
    if element not in spec.find_by:
        raise NotFound(kind=Text("可检索的数据元", "element to look up by"), key=element)
    if element not in granted_to(by.organisation, register, purpose):
        _line("found_by", register, "", by=by, purpose=purpose, refused="not_allowed", detail={"by": element})
        raise NotAllowed(verb="subjects.found_by")
    known = elements_of(spec.elements)
    normal_form = _normal(known[element].form, value)
    with transaction.atomic():
        found = _holders(store.Layout.of(spec, known), element, normal_form) if normal_form else []
        _line("found_by", register, "", by=by, purpose=purpose, detail={"by": element, "found": len(found)})
    return found


def _normal(form: str, value: str) -> str:
    """The value as it stands in a register; "" for one that can stand in none."""
    [*_, [[found]]] = duck.run(
        [*forms.prelude(), f"SELECT {forms.normal(form, duck.secret('asked'))}::VARCHAR"], secrets={"asked": value}
    )
    return found or ""


def _holders(layout: store.Layout, element: str, value: str) -> list[str]:
    sought = str(secrets.index_of(layout.spec, element, value)) if element in layout.sealed else value
    place = f"{layout.spec.table} WHERE {duck.name(layout.sought_in(element))} = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT subject FROM {place} ORDER BY subject LIMIT 100", [sought])
        return [ids.spelled(KIND, subject) for (subject,) in cursor.fetchall()]


def _line(
    verb: str,
    register: str,
    subject: str,
    *,
    by: Actor,
    purpose: str,
    detail: dict[str, object],
    refused: str = "",
) -> None:
    about = trail.Named(f"resources.{register}", subject)
    trail.append(f"subjects.{verb}", by=by, about=about, purpose=purpose, refused=refused, detail=detail)


def facts_about(register: str, subject: str, elements: Sequence[str], *, purpose: str, by: Actor) -> dict[str, Fact]:
    """What the city knows of these elements of one subject, for a purpose: one fact an element, none stops another.

    The grants to `by`'s organisation are read in the same statement as the facts; what no grant covers is withheld.
    Leaves one line in the audit trail: who, what, for what.  NotFound: no such register or purpose.
    """
    purposes.purpose(purpose)
    number, table = ids.read(KIND, subject), table_of(base_register(register).code)
    own = bool(by.subject) and by.subject == subject and purpose == OWN_DATA
    with transaction.atomic():
        edition, spec, sources, won, dossier, wrapped, granted = _row(table, register, number, purpose, by)
        if edition is None:
            facts = {element: Fact(element, "unavailable") for element in elements}
        else:
            layout = _layout(edition, spec, tuple(sources))
            allowed = set(layout.spec.elements) if own else set(granted or ())
            said = _opened(dossier, number, wrapped) if dossier else []
            facts = {element: _fact(layout, element, allowed, won, said) for element in elements}
        withheld = [element for element, fact in facts.items() if fact.state == "withheld"]
        refused = "withheld" if len(withheld) == len(facts) else ""
        detail: dict[str, object] = {"elements": list(facts), "withheld": withheld}
        _line("facts_about", register, subject, by=by, purpose=purpose, refused=refused, detail=detail)
    return facts


def _row(table: str, register: str, subject: UUID, purpose: str, by: Actor) -> tuple[Any, ...]:
    edition, keys, registers = (model._meta.db_table for model in (BaseEdition, DossierKey, BaseRegister))
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT e.id, e.spec, e.sources, r.won, r.dossier, k.wrapped, ({GRANTED})
            FROM (SELECT 1) AS one
            LEFT JOIN LATERAL (
                SELECT e.* FROM {edition} AS e JOIN {registers} AS g ON g.id = e.register_id WHERE g.code = %s
                ORDER BY e.number DESC LIMIT 1
            ) AS e ON true
            LEFT JOIN {table} AS r ON r.subject = %s
            LEFT JOIN {keys} AS k ON k.id = r.key""",
            [by.organisation, purpose, today, today, register, register, subject],
        )
        [row] = cursor.fetchall()
    return tuple(row)


@lru_cache(maxsize=16)
def _layout(edition: int, spec: str, sources: tuple[str, ...]) -> Layout:
    """A declaration, not a value: editions never change."""
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


def _opened(dossier: bytes, subject: UUID, wrapped: str) -> list[list[str | None]]:
    entries: list[list[str | None]] = json.loads(bulk.open_(bytes(dossier), str(subject), wrapped))
    return entries


def _fact(
    layout: Layout, element: str, allowed: set[str], won: Sequence[int] | None, said: list[list[str | None]]
) -> Fact:
    if element not in allowed:
        return Fact(element, "withheld")
    tiers = layout.spec.elements.get(element, [])
    if not {code for tier in tiers for code in tier} & layout.arrived:
        return Fact(element, "unavailable")
    winner = won[layout.order[element]] if won else 0
    told = list(_told(layout, element, said))
    first = next((each for number, each in told if number == winner), None)
    return Fact(element, "known" if first else "unknown", first, tuple(each for _, each in told if each is not first))


def _told(layout: Layout, element: str, entries: Iterable[list[str | None]]) -> Iterable[tuple[int, Said]]:
    """(source number, what it says) of each entry that has a value; a source's newest word comes before its older."""
    for entry in entries:
        number, batch, position, _record, moment = entry[:VALUES_FROM]
        which = int(number or 0)
        place = layout.places[which - 1].get(element)
        if place is not None and (value := entry[place]) is not None:
            source = layout.spec.sources[which - 1]
            when = datetime.fromtimestamp(int(moment), UTC) if moment else None
            title = Text(source.title.zh, source.title.en)
            yield which, Said(source.code, title, value, int(batch or 0), int(position or 0), when)
