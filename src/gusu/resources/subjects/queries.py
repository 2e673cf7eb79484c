"""What can be asked of a base register: facts for a purpose, whose they are, and why a value stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db import ProgrammingError, connection, transaction
from django.db.models import Count, Min, Q
from psycopg import Cursor
from psycopg.errors import UndefinedTable

from gusu.identity.purposes import queries as purposes
from gusu.kernel import clock, ids
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.engine import duck, forms
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements as elements_of
from gusu.resources.catalogue.queries import GRANTED, granted_to
from gusu.resources.exchange.queries import batch_names, stood
from gusu.resources.subjects import doubts, secrets, store
from gusu.resources.subjects import timeline as past
from gusu.resources.subjects.doubts import Place, places
from gusu.resources.subjects.facts import (
    Entries,
    Fact,
    Layout,
    Said,
    Trust,
    entries_of,
    fact_of,
    layout_of,
    opened,
    told_of,
    trust_of,
)
from gusu.resources.subjects.fusing import doubt_bits
from gusu.resources.subjects.kin import Member
from gusu.resources.subjects.models import BaseEdition, BaseRegister, DossierKey, Erasure
from gusu.resources.subjects.spec import Doubt, Guardians, SubjectsPiece, dossiers_of, spec_of, table_of
from gusu.resources.subjects.timeline import Change, Timeline, Word

__all__ = [
    "GUARDIANSHIP",
    "REAL_NAME",
    "BaseEdition",
    "BaseRegister",
    "Change",
    "Erasures",
    "Fact",
    "Said",
    "Timeline",
    "Trust",
    "Word",
    "base_editions",
    "base_register",
    "base_register_at",
    "base_registers",
    "declared",
    "doubt_of",
    "doubted",
    "doubts_about",
    "doubts_of",
    "erasures",
    "facts_about",
    "facts_as_of",
    "forgotten",
    "found_by",
    "is_ward",
    "newest_edition",
    "newest_editions",
    "recognised",
    "registers_fed_by",
    "said_since",
    "sources_of",
    "timeline",
    "trusts",
    "wards_of",
]
KIND = "sub"  # of a subject's identifier
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
REMEMBERED = f"""NOT EXISTS (
    SELECT 1 FROM {Erasure._meta.db_table} AS x JOIN {BaseRegister._meta.db_table} AS g ON g.id = x.register_id
    WHERE g.code = %s AND x.subject = r.subject)"""
"""That a row `r` of a register's table, its code given, is not somebody to be forgotten."""
REAL_NAME = "real_name"
GUARDIANSHIP = "guardianship"
Heard = dict[str, dict[str, tuple[Said, ...]]]
OWN_DATA = "own_data"  # the purpose under which a person sees everything about themselves


def base_registers() -> list[BaseRegister]:
    """Those in force, by code."""
    return list(BaseRegister.objects.filter(ended_at=None).order_by("code"))


def base_register(code: str) -> BaseRegister:
    found = BaseRegister.objects.filter(code=code, ended_at=None).first()
    if found is None:
        raise _no_register(code)
    return found


def base_register_at(pk: int) -> BaseRegister:
    """The one an event names."""
    return BaseRegister.objects.get(pk=pk)


def _no_register(code: str) -> NotFound:
    return NotFound(kind=Text("基础库", "base register"), key=code)


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


@dataclass(frozen=True, slots=True)
class Erasures:
    """How many subjects were erased from a register; of how many files of the lake still have to be written again, and
    by when the first of them must be.
    """

    done: int
    open: int
    due_at: datetime | None


def erasures(register: str) -> Erasures:
    found = Erasure.objects.filter(register__code=register)
    waiting = Count("pk", filter=Q(done_at=None))
    told = found.aggregate(all=Count("pk"), open=waiting, due=Min("due_at", filter=Q(done_at=None)))
    return Erasures(told["all"] - told["open"], told["open"], told["due"])


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
    """The value as it stands in a register; "" for one that can stand in none.

    By the engine, so that there is one truth about normal forms: 0.02-0.04 s in a thread that has one, 0.1 s in a
    thread that must start it first.
    """
    [*_, [[found]]] = duck.run(
        [*forms.prelude(), f"SELECT {forms.normal(form, duck.secret('asked'))}::VARCHAR"], secrets={"asked": value}
    )
    return found or ""


def _holders(layout: store.Layout, element: str, value: str) -> list[str]:
    sought = _sought(layout, element, value)
    place = f"{layout.spec.table} AS r WHERE {duck.name(layout.sought_in(element))} = %s AND {REMEMBERED}"
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:  # binds in the server, so that no log of the database shows a value
        cursor.execute(f"SELECT subject FROM {place} ORDER BY subject LIMIT 100", [sought, layout.spec.code])
        return [ids.spelled(KIND, subject) for (subject,) in cursor.fetchall()]


def _sought(layout: store.Layout, element: str, value: str) -> str:
    """What stands in the column `layout.sought_in` where the element is this value."""
    if element == layout.spec.number:
        return str(secrets.subject_of(layout.spec, value))
    return str(secrets.index_of(layout.spec, element, value)) if element in layout.sealed else value


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
    number = ids.read(KIND, subject)
    with transaction.atomic():
        row = _row(register, number, purpose, by)
        if row.edition is None:
            facts = {element: Fact(element, "unavailable") for element in elements}
        else:
            layout = _layout(row.edition, row.published_at)
            allowed = set(layout.spec.elements) if _is_own(subject, purpose, by) else set(row.granted or ())
            said = opened(row.dossier, number, row.wrapped) if row.dossier else []
            facts = {element: fact_of(layout, element, allowed, row.won, said) for element in elements}
        withheld = [element for element, fact in facts.items() if fact.state == "withheld"]
        _looked("facts_about", register, subject, list(facts), withheld, by=by, purpose=purpose)
    return facts


def timeline(register: str, subject: str, elements: Sequence[str], *, purpose: str, by: Actor) -> Timeline:
    """Everything that was ever said of these elements of one subject, newest first, for a purpose.

    Read from the lake, so it takes its time.  Leaves one line in the trail.  NotFound: no such register or purpose.
    """
    purposes.purpose(purpose)
    number, granted = ids.read(KIND, subject), _granted(register, subject, purpose, by)
    withheld = [element for element in elements if element not in granted]
    told: list[Word] = []
    unread: list[str] = []
    edition = newest_edition(base_register(register).code)
    if edition and len(withheld) < len(elements) and not _is_forgotten(register, number):
        spec = spec_of(edition.spec)
        batches = stood(spec.resources, clock.now(), complete_by=BEGINNING)
        found, unread = past.deliveries(spec, batches, number)
        told = past.words(spec, found, number, granted & set(elements))
    _looked("timeline", register, subject, elements, withheld, by=by, purpose=purpose)
    return Timeline(told, withheld, unread)


def facts_as_of(
    register: str,
    subject: str,
    elements: Sequence[str],
    *,
    true_on: date | None,
    known_at: datetime | None,
    purpose: str,
    by: Actor,
) -> dict[str, Fact]:
    """The facts `facts_about` would have given, judged by today's declaration and allowed by today's grants.

    known_at: only deliveries that had landed by then count, as they stood then; None is now.  true_on: only what was
    true by the end of that day; None is no limit.  Leaves one line in the trail.  HistoryGone: it cannot be read any
    more.  NotFound: no such register or purpose.
    """
    purposes.purpose(purpose)
    number, granted = ids.read(KIND, subject), _granted(register, subject, purpose, by)
    withheld = [element for element in elements if element not in granted]
    edition = newest_edition(base_register(register).code)
    if len(withheld) == len(elements):
        facts = {element: Fact(element, "withheld") for element in elements}
    elif edition is None:
        facts = {element: Fact(element, "unavailable") for element in elements}
    else:
        facts = _facts_as_of(edition, number, elements, granted, true_on, known_at or clock.now())
    asked = {"true_on": str(true_on or ""), "known_at": known_at.isoformat() if known_at else ""}
    _looked("facts_as_of", register, subject, elements, withheld, by=by, purpose=purpose, **asked)
    return facts


def _facts_as_of(
    edition: BaseEdition,
    subject: UUID,
    elements: Sequence[str],
    granted: set[str],
    true_on: date | None,
    known_at: datetime,
) -> dict[str, Fact]:
    spec = spec_of(edition.spec)
    by_then = min(known_at, past.end_of(true_on)) if true_on else known_at
    batches = stood(spec.resources, known_at, complete_by=by_then)
    found, unread = past.deliveries(spec, batches, subject)
    if unread:
        raise past.HistoryGone(batch=unread[0])
    arrived = tuple(source.code for source in spec.sources if batches[source.resource])
    layout = layout_of(edition.spec, arrived)
    forgotten = not any(batches.values()) or _is_forgotten(spec.code, subject)
    won, dossier = ("", "") if forgotten else past.judged(spec, found, subject, true_on)
    said = entries_of(dossier)
    return {element: fact_of(layout, element, granted, won, said) for element in elements}


def _granted(register: str, subject: str, purpose: str, by: Actor) -> set[str]:
    """The elements that may be seen of a subject: everything about oneself, else what is granted."""
    if _is_own(subject, purpose, by):
        return set(declared(register).elements)
    return granted_to(by.organisation, register, purpose)


def _is_own(subject: str, purpose: str, by: Actor) -> bool:
    return bool(by.subject) and by.subject == subject and purpose == OWN_DATA


def _is_forgotten(register: str, subject: UUID) -> bool:
    return Erasure.objects.filter(register__code=register, subject=subject).exists()


def _looked(
    verb: str,
    register: str,
    subject: str,
    elements: Sequence[str],
    withheld: list[str],
    *,
    by: Actor,
    purpose: str,
    **more: object,
) -> None:
    detail: dict[str, object] = {"elements": list(elements), "withheld": withheld} | more
    refused = "withheld" if len(withheld) == len(elements) else ""
    _line(verb, register, subject, by=by, purpose=purpose, refused=refused, detail=detail)


def recognised(register: str, number: str, known: Mapping[str, str], *, by: Actor) -> str:
    """The subject with this number of whom everything in `known` is true as the register has it; "" for nobody.

    For the real-name check: the answer never says which of the values was wrong, and leaves a line that says as little.
    known: values of the elements the register declares for it, as they were typed.  NotFound.
    """
    spec = declared(register)
    forms_of = {code: element.form for code, element in elements_of([spec.number, *spec.real_name]).items()}
    number = _normal(forms_of[spec.number], number)
    typed = {element: _normal(forms_of[element], known.get(element, "")) for element in spec.real_name}
    subject = subject_id(register, number) if number else ""
    with transaction.atomic():
        row = _row(register, ids.read(KIND, subject), REAL_NAME, by) if subject else None
        said = _said_of(row, ids.read(KIND, subject)) if row else {}
        same = bool(said) and typed == {element: said.get(element) for element in spec.real_name}
        _line("recognised", register, subject if same else "", by=by, purpose=REAL_NAME, detail={"found": same})
    return subject if same else ""


def _said_of(row: "_Row", subject: UUID) -> dict[str, str]:
    """Element → golden value, of somebody known."""
    if row.edition is None or row.published_at is None or not row.dossier:
        return {}
    layout, said = _layout(row.edition, row.published_at), opened(row.dossier, subject, row.wrapped)
    everything = set(layout.spec.elements)
    facts = (fact_of(layout, element, everything, row.won, said) for element in layout.spec.elements)
    return {fact.element: fact.value for fact in facts if fact.value}


def wards_of(register: str, guardian: str, *, by: Actor) -> list[str]:
    """The children somebody may act for, as the household register shows (民法典 art. 27).

    One line in the trail of the guardian, and of every member of the household that was looked at.
    """
    rule = declared(register).guardians
    if rule is None:
        return []
    own = facts_about(register, guardian, rule.elements, purpose=GUARDIANSHIP, by=by)
    household = own[rule.household].value
    if not household or not Member.of(rule, own).may_act(rule):
        return []
    living_there = found_by(register, rule.household, household, purpose=GUARDIANSHIP, by=by)
    return [other for other in living_there if other != guardian and _is_ward(register, other, household, rule, by)]


def is_ward(register: str, subject: str, *, guardian: str, by: Actor) -> bool:
    """Whether somebody may act for this subject."""
    rule = declared(register).guardians
    if rule is None or not guardian:
        return False
    own = facts_about(register, guardian, rule.elements, purpose=GUARDIANSHIP, by=by)
    household = own[rule.household].value
    return bool(household and Member.of(rule, own).may_act(rule) and _is_ward(register, subject, household, rule, by))


def _is_ward(register: str, subject: str, household: str, rule: Guardians, by: Actor) -> bool:
    facts = facts_about(register, subject, rule.elements, purpose=GUARDIANSHIP, by=by)
    return facts[rule.household].value == household and Member.of(rule, facts).is_ward(rule)


def forgotten(register: str) -> set[str]:
    """The subjects who are to be forgotten, in one query."""
    found = Erasure.objects.filter(register__code=register).values_list("subject", flat=True)
    return {ids.spelled(KIND, number) for number in found}


def said_since(register: str, asked: Mapping[str, tuple[int, Sequence[str]]], *, purpose: str, by: Actor) -> Heard:
    """Subject → element → what sources say, of those whose golden record was written after an edition.

    For the house alone, which waits for a value to change.  asked: subject → (edition, elements).  In one statement; a
    line in the trail of each subject whose record was opened.  NotAllowed: somebody else asks.  NotFound.
    """
    purposes.purpose(purpose)
    if not by.house:
        raise NotAllowed(verb="subjects.said_since")
    edition, heard = newest_edition(base_register(register).code), Heard()
    if edition is None:
        return heard
    layout = _layout(edition.pk, edition.at)
    for number, dossier, wrapped in _written_since(register, asked):
        subject, entries = ids.spelled(KIND, number), opened(dossier, number, wrapped)
        elements = asked[subject][1]
        heard[subject] = {one: tuple(said for _, said in told_of(layout, one, entries)) for one in elements}
        _looked("said_since", register, subject, elements, [], by=by, purpose=purpose)
    return heard


def _written_since(register: str, asked: Mapping[str, tuple[int, Sequence[str]]]) -> list[tuple[UUID, bytes, str]]:
    numbers, editions = [ids.read(KIND, subject) for subject in asked], [seen for seen, _ in asked.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT r.subject, d.dossier, k.wrapped
            FROM unnest(%s::uuid[], %s::int[]) AS asked(subject, seen)
            JOIN {duck.name(table_of(register))} AS r ON r.subject = asked.subject AND r.edition > asked.seen
            JOIN {duck.name(dossiers_of(register))} AS d ON d.subject = r.subject
            JOIN {DossierKey._meta.db_table} AS k ON k.id = d.key
            WHERE {REMEMBERED}""",
            [numbers, editions, register],
        )
        return list(cursor.fetchall())


def trusts(register: str, facts: Mapping[str, Fact]) -> dict[str, Trust]:
    """Why each known fact's value stands."""
    tiers = _in_force(register).elements
    return {code: trust_of(tiers[code], fact.winner, fact.losers) for code, fact in facts.items() if fact.winner}


def _in_force(register: str) -> SubjectsPiece:
    """The declaration the newest edition was made by: what its doubts and values are read by."""
    edition = newest_edition(register)
    return spec_of(edition.spec) if edition else declared(register)


def doubts_about(register: str, subject: str, facts: Mapping[str, Fact]) -> dict[str, list[Text]]:
    """Element → titles of the declared doubts about it, as far as `facts` show all that each speaks of."""
    spec, number = _in_force(register), ids.read(KIND, subject)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT doubts FROM {spec.table} WHERE subject = %s", [number])
        bits = next((found for (found,) in cursor.fetchall()), 0)
    shown = {element for element, fact in facts.items() if fact.state == "known"}
    found: dict[str, list[Text]] = {}
    for doubt in spec.doubts:
        if doubt_bits(spec)[doubt.code] & bits and doubt.elements <= shown:
            found.setdefault(doubt.element, []).append(doubt.title.text)
    return found


def doubt_of(register: str, code: str) -> Doubt:
    """A doubt the register declares; NotFound."""
    found = next((doubt for doubt in _in_force(register).doubts if doubt.code == code), None)
    if found is None:
        raise NotFound(kind=Text("疑点", "doubt"), key=code)
    return found


def sources_of(register: str, doubt: Doubt) -> list[tuple[str, Text]]:
    """(code, title) of the sources that a doubt is about."""
    asked = [source for source in _in_force(register).sources if source.code in doubt.asked]
    return [(source.code, source.title.text) for source in asked]


def doubted(register: str, code: str, *, after: str = "", limit: int, purpose: str, by: Actor) -> list[str]:
    """Subjects with this doubt, in the order of their ids; `after` is the keyset.  Leaves one line in the trail.

    NotAllowed: no grant of every element the doubt speaks of.  NotFound: no such register, purpose or doubt.
    """
    doubt = _may_see(doubt_of(register, code), "doubted", register, purpose, by)
    start = ids.read(KIND, after) if after else UUID(int=0)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.subject FROM {_with(doubt, register)} LIMIT %s", [register, start, limit])
        found = [ids.spelled(KIND, subject) for (subject,) in cursor.fetchall()]
    _line("doubted", register, "", by=by, purpose=purpose, detail={"doubt": code, "listed": len(found)})
    return found


def doubts_of(register: str, code: str, source: str, *, purpose: str, by: Actor) -> Iterator[bytes]:
    """The list of a doubt that goes back to one source, as a CSV: where its records are, and no value of a person.

    Leaves one line in the trail; errors as `doubted`, and NotFound for a source that the doubt is not about.
    """
    doubt = _may_see(doubt_of(register, code), "doubts_of", register, purpose, by)
    if source not in doubt.asked:
        raise NotFound(kind=Text("来源", "source"), key=source)
    edition, rows = newest_edition(register), list[Place]()
    if edition:
        layout = layout_of(edition.spec, tuple(edition.sources))
        rows = sorted(set(places(layout, doubt, source, _dossiers(doubt, register))))
    detail: dict[str, object] = {"doubt": code, "source": source, "rows": len(rows)}
    _line("doubts_of", register, "", by=by, purpose=purpose, detail=detail)
    return doubts.report(_in_force(register), doubt, source, rows, batch_names({row.batch for row in rows}))


def _may_see(doubt: Doubt, verb: str, register: str, purpose: str, by: Actor) -> Doubt:
    purposes.purpose(purpose)
    if doubt.elements - granted_to(by.organisation, register, purpose):
        _line(verb, register, "", by=by, purpose=purpose, refused="not_allowed", detail={"doubt": doubt.code})
        raise NotAllowed(verb=f"subjects.{verb}")
    return doubt


def _with(doubt: Doubt, register: str, more: str = "") -> str:
    """SQL of the golden records `r` with a doubt, of a register (given) after a subject (given), in order."""
    spec = _in_force(register)
    bit = doubt_bits(spec)[doubt.code]
    return (
        f"{spec.table} AS r {more} WHERE r.doubts <> 0 AND r.doubts & {bit} <> 0 AND {REMEMBERED} "
        "AND r.subject > %s ORDER BY r.subject"
    )


def _dossiers(doubt: Doubt, register: str) -> Iterator[Entries]:
    """What is said of every subject with this doubt."""
    keys, last = DossierKey._meta.db_table, UUID(int=0)
    closed = f"JOIN {dossiers_of(register)} AS d ON d.subject = r.subject JOIN {keys} AS k ON k.id = d.key"
    place = _with(doubt, register, closed)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT r.subject, d.dossier, k.wrapped FROM {place} LIMIT 1000", [register, last])
            found = cursor.fetchall()
        if not found:
            return
        yield from (opened(dossier, subject, wrapped) for subject, dossier, wrapped in found)
        last = found[-1][0]


class _Row(NamedTuple):
    """What one statement reads for `facts_about`. edition None: nothing has been published; won None: nobody known."""

    can_be_named: bool
    register: int | None
    edition: int | None
    published_at: datetime | None
    won: str | None
    dossier: bytes | None
    wrapped: str
    granted: list[str] | None


def _row(register: str, subject: UUID, purpose: str, by: Actor) -> _Row:
    edition, keys, registers = (model._meta.db_table for model in (BaseEdition, DossierKey, BaseRegister))
    today = clock.today()
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                f"""SELECT {purposes.CAN_BE_NAMED}, g.id, e.id, e.at, r.won, d.dossier, k.wrapped, ({GRANTED})
                FROM (SELECT 1) AS one
                LEFT JOIN {registers} AS g ON g.code = %s AND g.ended_at IS NULL
                LEFT JOIN LATERAL (
                    SELECT id, at FROM {edition} WHERE register_id = g.id ORDER BY number DESC LIMIT 1
                ) AS e ON true
                LEFT JOIN {duck.name(table_of(register))} AS r ON r.subject = %s AND {REMEMBERED}
                LEFT JOIN {duck.name(dossiers_of(register))} AS d ON d.subject = r.subject
                LEFT JOIN {keys} AS k ON k.id = d.key""",
                [purpose, by.organisation, purpose, today, today, register, register, subject, register],
            )
        except ProgrammingError as wrong:
            if isinstance(wrong.__cause__, UndefinedTable):
                raise _no_register(register) from None
            raise
        [found] = cursor.fetchall()
    row = _Row(*found)
    if not row.can_be_named:
        raise purposes.no_purpose(purpose)
    if row.register is None:
        raise _no_register(register)
    return row


@lru_cache(maxsize=16)
def _layout(edition: int, published_at: datetime) -> Layout:
    """How an edition's dossiers are read: a declaration, not a value, and what was published never changes."""
    found = BaseEdition.objects.get(pk=edition)
    return layout_of(found.spec, tuple(found.sources))
