"""From a landed batch to linked records: one relational program for the engine, whatever the register.

links   (_position, record, subject): the decision whose record it is, a fact of its own.
linked  (subject, record, _position, moment, one column an element in its normal form), cut in parts by the subject:
        derived from landed and links at any time.

A subject's id is a keyed hash of its number's normal form: the same on every machine that holds the city's key, and
nothing that a table of all numbers could turn back.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from gusu.kernel.engine.duck import files, literal, name, parquet
from gusu.kernel.engine.forms import normal
from gusu.kernel.lake.files import Cut
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, column

VERSION = 2  # of this program: batches are linked anew when it changes
ROWS_A_PART = 250_000
MOST_PARTS = 256


def program(spec: SubjectsPiece) -> str:
    """A short name of this program and of what it is told: another links otherwise, or keeps otherwise."""
    known = [(code, it.form, it.type, it.grade) for code, it in sorted(elements(spec.elements).items())]
    told = msgspec.json.encode((spec.code, spec.number, spec.sources, list(spec.elements), known))
    return f"linking {VERSION} {sha256(told).hexdigest()[:16]}"


def parts_for(rows: int) -> int:
    """How many parts a batch is cut in: a power of two, so that parts of two batches nest."""
    parts = 1
    while parts < MOST_PARTS and rows > parts * ROWS_A_PART:
        parts *= 2
    return parts


def statements(
    spec: SubjectsPiece,
    source: SourceOf,
    forms: Mapping[str, str],
    landed: Sequence[str],
    kept_out: Sequence[str],
    erased: Sequence[str],
    *,
    links: str,
    linked: Cut,
    parts: int,
    subject: str,
) -> list[str]:
    """Writes the links and the linked records.  The last two answer [[rows, linked]] and [[count, [files]]].

    forms: element → normal form.  links: address of the links file.  subject: SQL that makes an id of `number`.
    erased: ids that must not come back; their records stay as nobody's, so that what they replaced stays replaced.
    """
    out = f"ANTI JOIN {files(kept_out)} AS out USING (_position)" if kept_out else ""
    forgotten = among("subject", erased)
    number = normal(forms[spec.number], name(source.items[spec.number]))
    record = normal("", name(source.record)) if source.record else "number"
    theirs = "record" if source.record else f"CASE WHEN NOT {forgotten} THEN record END"
    return [
        f"CREATE VIEW batch AS SELECT landed.* FROM {files(landed)} AS landed {out}",
        f"""CREATE TABLE whose AS SELECT _position, {theirs if erased else "record"} AS record, number,
                {f"CASE WHEN NOT {forgotten} THEN subject END" if erased else "subject"} AS subject
            FROM (
                SELECT _position, {record} AS record, {subject} AS subject, number
                FROM (SELECT *, {number} AS number FROM batch)
            )""",
        f"COPY (SELECT _position, record, subject FROM whose) TO {literal(links)} ({parquet(links)})",
        "SELECT count(*), count(subject) FROM whose",
        f"""COPY (
            SELECT whose.subject, whose.record, batch._position, {_moment(source)} AS moment,
                {_values(spec, source, forms)},
                {part_of("whose.subject", parts)} AS part
            FROM batch JOIN whose USING (_position)
            WHERE whose.subject IS NOT NULL
        ) TO {literal(linked.folder)}
        ({parquet(linked.name)}, PARTITION_BY (part), FILENAME_PATTERN {literal(linked.stem)}, APPEND, RETURN_FILES)""",
    ]


def among(subject: str, erased: Sequence[str]) -> str:
    """SQL for whether a subject is one of these."""
    return f"({subject} IN ({', '.join(f'{literal(one)}::UUID' for one in erased)}))" if erased else "false"


def part_of(subject: str, parts: int) -> str:
    """SQL for the part a subject falls in: the leading bits of its id."""
    return f"('0x' || left({subject}::VARCHAR, 2))::INTEGER // {256 // parts}" if parts > 1 else "0"


def bounds(part: int, parts: int) -> tuple[str, str]:
    """The first and last id that part holds."""
    width = 256 // parts
    low, high = f"{part * width:02x}", f"{(part + 1) * width - 1:02x}"
    tail = "{}-{}-{}-{}-{}"
    return (
        tail.format(low + "000000", "0000", "0000", "0000", "0" * 12),
        tail.format(high + "ffffff", "ffff", "ffff", "ffff", "f" * 12),
    )


def columns(spec: SubjectsPiece, source: SourceOf) -> list[str]:
    """The element columns of a source's linked records, in the register's order."""
    return [column(element) for element in spec.given_by(source)]


def _values(spec: SubjectsPiece, source: SourceOf, forms: Mapping[str, str]) -> str:
    values = {element: normal(forms[element], _translated(source, element)) for element in spec.given_by(source)}
    values[spec.number] = "whose.number"
    return ", ".join(f"CAST({value} AS VARCHAR) AS {name(column(element))}" for element, value in values.items())


def _translated(source: SourceOf, element: str) -> str:
    item, values = name(source.items[element]), source.values.get(element, {})
    cases = " ".join(f"WHEN {literal(written)} THEN {literal(code)}" for written, code in values.items())
    return f"CASE {item} {cases} ELSE {item} END" if values else item


def _moment(source: SourceOf) -> str:
    """Seconds since 1970 of the wall clock the record names; NULL where it names none."""
    if not source.moment:
        return "NULL::BIGINT"
    item = name(source.moment)
    return f"epoch(coalesce(TRY_CAST(left({item}, 19) AS TIMESTAMP), {normal('date', item)}::TIMESTAMP))::BIGINT"
