"""Everything that was ever said of one subject, out of the lake: in order, or judged as of a moment.

The dossier holds what stands; what a later delivery replaced is in the lake alone.  A few statements cut the lake down
to one subject; what is left is judged by the program that fuses everybody (`fusing.py`), so that there is one trust.

Two times: a delivery's landing says since when the city knew, a record's own moment since when it was true (its
landing, where it names none).  Both are compared by the city's wall clock, which is what records write.
"""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from uuid import UUID

from django.utils import timezone

from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import literal, name
from gusu.kernel.errors import GusuError
from gusu.kernel.lake import files
from gusu.kernel.text import Text
from gusu.resources.exchange.queries import Batch
from gusu.resources.subjects import fusing, linking, secrets
from gusu.resources.subjects.models import LinkedBatch
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, column

FRUGAL = ["SET threads = 1", "SET memory_limit = '256MB'"]
"""One subject is little work, and its reader waits beside others."""

What = Literal["said", "changed", "repeated", "left", "missing"]


class HistoryGone(GusuError):
    """What stood then can no longer be read: the deliveries' linked records are not kept, or of another declaration."""

    status, code = 410, "history_gone"
    says = Text(
        "无法回答当时的情况：批次 {batch} 的关联数据已不再保存，或按更早的声明关联。请选择更近的时间。",
        "This cannot be answered as of then: the linked records of batch {batch} are no longer kept, or were linked by "
        "an older declaration. Ask as of a later moment.",
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One element of a record, by a delivery; None is no value."""

    element: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Word:
    """What one delivery did to what one record says of a subject.

    said: for the first time.  changed, repeated: against the record's earlier word.  left: the record now speaks of
    somebody else, or of nobody.  missing: a complete delivery came without it.
    known_at: when the delivery landed.  moment: when the record says it was true, or None.
    batch, position: of the delivery; position 0 where the record is not in it.
    """

    what: What
    source: str
    title: Text
    batch: int
    position: int
    known_at: datetime
    moment: datetime | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Newest first. withheld: elements no grant covers.  unread: deliveries that can no longer be read, by name."""

    words: list[Word]
    withheld: list[str]
    unread: list[str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch as one source of it was linked. records: files that may hold the subject; others: all of them."""

    batch: Batch
    records: Sequence[str]
    others: Sequence[str]
    links: Sequence[str]

    @property
    def landed(self) -> int:
        """Seconds since 1970 of the wall clock at its landing, as `linking` writes moments."""
        assert self.batch.landed_at is not None
        return _wall_clock(timezone.localtime(self.batch.landed_at))


Deliveries = Mapping[str, Sequence[Delivery]]
"""By source code, oldest first."""


@dataclass(frozen=True, slots=True)
class Event:
    """A delivery met a record. values: of the elements asked for, where it is said of the subject."""

    batch: int
    what: Literal["said", "left", "missing"]
    position: int
    moment: int | None = None
    values: Sequence[str | None] | None = None


def deliveries(
    spec: SubjectsPiece, batches: Mapping[str, Sequence[Batch]], subject: UUID
) -> tuple[dict[str, list[Delivery]], list[str]]:
    """What can be read of these batches (by resource), and the names of those that cannot be read any more."""
    wanted = [batch.pk for found in batches.values() for batch in found]
    linked = {
        (one.source, one.batch_id): one
        for one in LinkedBatch.objects.filter(register__code=spec.code, program=linking.program(spec), batch__in=wanted)
    }
    found: dict[str, list[Delivery]] = {}
    unread: list[str] = []
    for source in spec.sources:
        found[source.code] = []
        for batch in batches[source.resource]:
            its = _delivery(spec, source, batch, linked.get((source.code, batch.pk)), subject)
            found[source.code] += [its] if its else []
            unread += [] if its else [str(batch)]
    return found, list(dict.fromkeys(unread))


def _delivery(
    spec: SubjectsPiece, source: SourceOf, batch: Batch, linked: LinkedBatch | None, subject: UUID
) -> Delivery | None:
    if linked is None:
        return None
    dataset = spec.dataset(source)
    cut = files.parts(dataset, batch.folder, "linked")
    links = files.paths(dataset, batch.folder, "links")
    if not links or (linked.linked and not cut):
        return None
    own = (subject.int >> 120) * linked.parts // 256
    return Delivery(batch, [path for part, path in cut if part == own], [path for _, path in cut], links)


def words(spec: SubjectsPiece, found: Deliveries, subject: UUID, elements: Iterable[str]) -> list[Word]:
    """The timeline of one subject, newest first, of these elements; sources that give none of them are left out."""
    asked = {source.code: [it for it in spec.given_by(source) if it in elements] for source in spec.sources}
    sources = [source for source in spec.sources if asked[source.code]]
    answers = _run(
        [
            statement
            for source in sources
            for statement in (
                *_cut(spec, source, found[source.code], subject),
                f"SELECT record, batch, _position, moment, {_listed(asked[source.code])} "
                f"FROM {_words(source)} ORDER BY record, batch, moment, _position",
                f"SELECT record, batch, _position FROM {_elsewhere(source)} ORDER BY record, batch",
            )
        ]
    )
    told = [
        word
        for place, source in enumerate(sources)
        for word in _of_a_source(
            source, asked[source.code], found[source.code], *answers[4 * place + 2 : 4 * place + 4]
        )
    ]
    return sorted(told, key=_newest_first)


def judged(spec: SubjectsPiece, found: Deliveries, subject: UUID, true_on: date | None) -> tuple[str, str]:
    """(`won`, open dossier) of the golden record these deliveries make, as `fusing` writes them; ("", "") for none.

    true_on: only what was true by the end of that day; a word that came true later replaces nothing.
    """
    bound = None if true_on is None else _wall_clock(end_of(true_on))
    relations = {source.code: _standing(spec, source, found[source.code], subject, bound) for source in spec.sources}
    *_, answer = _run(
        [
            *(statement for source in spec.sources for statement in _cut(spec, source, found[source.code], subject)),
            *fusing.told(spec, relations),
            f"SELECT won, dossier FROM ({fusing.golden(spec, [], {}, secrets.salt(spec))})",
        ]
    )
    won, dossier = answer[0] if answer else ("", "")
    return won, dossier


def wall_clock(moment: int | None) -> datetime | None:
    """The moment that `linking` wrote as seconds since 1970 of the city's wall clock."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=timezone.get_current_timezone())


def end_of(day: date) -> datetime:
    """The last moment of a day in the city."""
    return timezone.make_aware(datetime.combine(day, time.max))


def _wall_clock(moment: datetime) -> int:
    return calendar.timegm(moment.timetuple())


def _run(statements: Sequence[str]) -> list[duck.Rows]:
    return duck.run([*FRUGAL, *statements])[len(FRUGAL) :]


def _cut(spec: SubjectsPiece, source: SourceOf, its: Sequence[Delivery], subject: UUID) -> list[str]:
    """Two tables: every word about the subject; and where later deliveries have those records speak of others."""
    columns = _listed(spec.given_by(source))
    words_ = [
        f"SELECT record, _position, moment, {columns}, {one.batch.pk}::BIGINT AS batch, {one.landed}::BIGINT AS landed "
        f"FROM {duck.files(one.records)} WHERE subject = {_id(subject)}"
        for one in its
        if one.records
    ]
    elsewhere = [
        f"SELECT record, _position, {one.batch.pk}::BIGINT AS batch, {one.landed}::BIGINT AS landed "
        f"FROM {duck.files(one.links)} WHERE subject IS DISTINCT FROM {_id(subject)}"
        for one in its[1:]
    ]
    empty = ", ".join(f"NULL::VARCHAR AS {name(column(element))}" for element in spec.given_by(source))
    nothing = f"NULL::VARCHAR AS record, NULL::BIGINT AS _position, NULL::BIGINT AS moment, {empty}"
    nowhere = "SELECT NULL::VARCHAR AS record, NULL::BIGINT AS _position, NULL::BIGINT AS batch, NULL::BIGINT AS landed"
    no_words = f"SELECT {nothing}, NULL::BIGINT AS batch, NULL::BIGINT AS landed WHERE false"
    return [
        f"CREATE TABLE {_words(source)} AS {' UNION ALL '.join(words_) or no_words}",
        f"CREATE TABLE {_elsewhere(source)} AS "
        f"SELECT * FROM ({' UNION ALL '.join(elsewhere) or f'{nowhere} WHERE false'}) "
        f"SEMI JOIN {_words(source)} AS known USING (record)",
    ]


def _standing(spec: SubjectsPiece, source: SourceOf, its: Sequence[Delivery], subject: UUID, bound: int | None) -> str:
    """SQL of what stands of the words: of each record the word of the newest delivery, of what was true by then."""
    by_then = "true" if bound is None else f"coalesce(moment, landed) <= {bound}"
    listed = ", ".join(["record", "_position", "moment", _listed(spec.given_by(source)), "batch"])
    return f"""
        SELECT {_id(subject)} AS subject, {listed} FROM {_words(source)} AS word
        ANTI JOIN (
            SELECT record, max(batch) AS newest FROM (
                SELECT record, batch, moment, landed FROM {_words(source)} UNION ALL {_moved(source, its, bound)}
            ) WHERE {by_then} GROUP BY record
        ) AS again ON again.record = word.record AND again.newest > word.batch
        WHERE {by_then}"""


def _moved(source: SourceOf, its: Sequence[Delivery], bound: int | None) -> str:
    """Where the records speak of others, and since when; that is asked of the others' own words, and only if needed."""
    plain = f"SELECT record, batch, NULL::BIGINT AS moment, landed FROM {_elsewhere(source)}"
    others = [
        f"SELECT record, _position, moment, {one.batch.pk}::BIGINT AS batch FROM {duck.files(one.others)}"
        for one in its[1:]
        if one.others
    ]
    if bound is None or not others:
        return plain
    return (
        f"SELECT record, batch, theirs.moment, landed FROM {_elsewhere(source)} AS moved LEFT JOIN ("
        f"SELECT * FROM ({' UNION ALL '.join(others)}) SEMI JOIN {_elsewhere(source)} AS known USING (record, batch)"
        ") AS theirs USING (record, batch, _position)"
    )


def _of_a_source(
    source: SourceOf, asked: Sequence[str], its: Sequence[Delivery], said: duck.Rows, elsewhere: duck.Rows
) -> Iterator[Word]:
    """The words of each record in their order, each beside the one before it."""
    records: dict[str | None, list[Event]] = {}
    for record, batch, position, moment, *values in said:
        records.setdefault(record, []).append(Event(batch, "said", position, moment, values))
    for record, batch, position in elsewhere:
        if all(event.batch != batch for event in records[record] if event.what == "said"):
            records[record].append(Event(batch, "left", position))
    for events in records.values():
        heard = {event.batch for event in events}
        first = min(heard)
        complete = [one.batch.pk for one in its if one.batch.complete and one.batch.pk > first]
        events += [Event(batch, "missing", 0) for batch in complete if batch not in heard]
        yield from _in_order(source, asked, {one.batch.pk: one.batch for one in its}, events)


def _in_order(
    source: SourceOf, asked: Sequence[str], batches: Mapping[int, Batch], events: Sequence[Event]
) -> Iterator[Word]:
    nothing: list[str | None] = [None] * len(asked)
    before: Sequence[str | None] | None = None
    for event in sorted(events, key=lambda event: event.batch):
        pairs = zip(asked, before or nothing, event.values or nothing, strict=True)
        changes = tuple(Change(element, was, now) for element, was, now in pairs if was != now)
        if event.what == "said":
            what: What = "said" if before is None else "changed" if changes else "repeated"
        elif before is None:
            continue  # it had gone before
        else:
            what, changes = event.what, ()
        landed = batches[event.batch].landed_at
        assert landed is not None
        title = source.title.text
        when = wall_clock(event.moment)
        yield Word(what, source.code, title, event.batch, event.position, landed, when, changes)
        before = event.values


def _newest_first(word: Word) -> tuple[float, int, float, str, int]:
    moment = word.moment.timestamp() if word.moment else 0.0
    return (-word.known_at.timestamp(), -word.batch, -moment, word.source, -word.position)


def _listed(elements: Iterable[str]) -> str:
    return ", ".join(name(column(element)) for element in elements)


def _words(source: SourceOf) -> str:
    return name(f"words_{source.code}")


def _elsewhere(source: SourceOf) -> str:
    return name(f"elsewhere_{source.code}")


def _id(subject: UUID) -> str:
    return f"{literal(str(subject))}::UUID"
