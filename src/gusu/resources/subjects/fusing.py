"""From linked records to golden records: one relational program for the engine, whatever the register.

The newest word of every source about a subject stands beside the others', and each element takes its value from the
most trusted that has one; inside a tier of trust from the newest, then in the declared order, so that no tie is left
to the engine.  All that sources say is the subject's dossier: what an increment needs to judge anew without reading
the lake, and what explains a value: its winner, the losers and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from gusu.kernel.engine.duck import files, literal, name
from gusu.resources.subjects import linking
from gusu.resources.subjects.spec import Doubt, SourceOf, SubjectsPiece, blind_column, column

VERSION = 2  # of this program: registers are rebuilt when it changes
ENTRY, FIELD = "\x1d", "\x1f"
"""Format 2 of a dossier: entries parted by ENTRY, their fields by FIELD, nothing for no value.  An entry: the source's
letter, then FIXED, then a value for each of the source's elements.  No normal form holds a control character."""
FIXED = ["batch", "_position", "record", "moment"]
VALUES_FROM = 1 + len(FIXED)  # where an entry's values begin, counted from 0
LETTERS = ascii_uppercase + ascii_lowercase
"""A source's letter is that of its place in the declaration."""
NOBODY = "-"
COLUMN = "\t"


@dataclass(frozen=True, slots=True)
class Files:
    """A linked batch for one source: its number in the database and where its records and links are."""

    batch: int
    records: Sequence[str]
    links: Sequence[str]


def from_lake(spec: SubjectsPiece, source: SourceOf, batches: Sequence[Files], where: str) -> str:
    """SQL of everything the source's batches say where `where` holds: of each record its newest word only."""
    pieces = [_one_batch(spec, source, batch, batches[place + 1 :], where) for place, batch in enumerate(batches)]
    return " UNION ALL ".join(pieces) or _nothing(spec, source)


def entries(dossiers: str) -> str:
    """Makes table `entries` of dossiers (a relation of `subject`, `dossier`): what `from_dossiers` reads."""
    entry = f"unnest(string_split(dossier, {literal(ENTRY)}))"
    return (
        f"CREATE TABLE entries AS SELECT subject, string_split(entry, {literal(FIELD)}) AS said "
        f"FROM (SELECT subject::UUID AS subject, {entry} AS entry FROM {dossiers})"
    )


def from_dossiers(spec: SubjectsPiece, source: SourceOf) -> str:
    """The same out of dossiers, their `entries` made: the way back."""
    columns = linking.columns(spec, source)
    values = "".join(
        f", nullif(said[{1 + VALUES_FROM + place}], '') AS {name(col)}" for place, col in enumerate(columns)
    )
    return (
        "SELECT subject, nullif(said[4], '') AS record, said[3]::BIGINT AS _position, nullif(said[5], '')::BIGINT "
        f"AS moment{values}, said[2]::BIGINT AS batch FROM entries WHERE said[1] = '{letter(spec, source.code)}'"
    )


def told(spec: SubjectsPiece, relations: Mapping[str, str]) -> list[str]:
    """What each source says (`relations`: source code → SQL), parted in its newest word about each subject and more."""
    made = []
    for source in spec.sources:
        all_, twice = name(f"told_{source.code}"), name(f"twice_{source.code}")
        made += [
            f"CREATE VIEW {all_} AS {relations[source.code]}",
            f"CREATE TABLE {twice} AS SELECT *, row_number() OVER "
            f"(PARTITION BY subject ORDER BY moment DESC NULLS LAST, batch DESC, _position DESC) AS nth FROM {all_} "
            f"WHERE subject IN (SELECT subject FROM {all_} GROUP BY subject HAVING count(*) > 1)",
            f"CREATE VIEW {_table(source)} AS SELECT * FROM {all_} ANTI JOIN {twice} USING (subject) "
            f"UNION ALL SELECT * EXCLUDE (nth) FROM {twice} WHERE nth = 1",
        ]
    entries = " UNION ALL ".join(
        f"SELECT subject, {_entry(spec, source, 'twice')} AS entry, {number} AS source, nth "
        f"FROM {name(f'twice_{source.code}')} AS twice WHERE nth > 1"
        for number, source in enumerate(spec.sources, 1)
    )
    together = f"string_agg(entry, {literal(ENTRY)} ORDER BY source, nth)"
    return [*made, f"CREATE TABLE more AS SELECT subject, {together} AS entries FROM ({entries}) GROUP BY subject"]


def golden(spec: SubjectsPiece, shown: Sequence[str], blind: Mapping[str, str], salt: str) -> str:
    """SQL of the golden records, one row a subject.

    shown: the values of these elements, parted by COLUMN.  won: a letter an element, its source's, or NOBODY.  doubts:
    bits.  weight: the salted SHA-256, in hexadecimal, of the subject, every value and `won`.  dossier.  A blind column
    an element of `blind` (element → SQL of its key).  No value: "".
    """
    hidden = "".join(f", {key} AS {name(blind_column(element))}" for element, key in blind.items())
    rest = [element for element in spec.elements if element not in shown]
    values = ", ".join(f"{_won(spec, element)} AS {name(column(element))}" for element in spec.elements)
    won = ", ".join(_winner(column(element)) for element in spec.elements)
    tab = literal(COLUMN)
    return f"""
        SELECT *, sha256(concat({literal(salt)}, subject, {tab}, shown, {tab}, rest, {tab}, won)) AS weight FROM (
            SELECT subject, {_row(shown)} AS shown, {_row(rest)} AS rest, concat({won}) AS won, doubts, dossier{hidden}
            FROM (
                SELECT subject::VARCHAR AS subject, doubts, dossier, COLUMNS('^rank_'), {values}
                FROM ({_side_by_side(spec)})
            )
        )"""


def doubt_bits(spec: SubjectsPiece) -> dict[str, int]:
    """The bit of each declared doubt."""
    return {doubt.code: 1 << place for place, doubt in enumerate(spec.doubts)}


def _one_batch(spec: SubjectsPiece, source: SourceOf, batch: Files, later: Sequence[Files], where: str) -> str:
    if not batch.records:
        return _nothing(spec, source)
    again = [path for it in later for path in it.links]
    superseded = f"ANTI JOIN (SELECT record FROM {files(again)}) AS later USING (record)" if again else ""
    listed = ", ".join(["subject", "record", "_position", "moment", *map(name, linking.columns(spec, source))])
    return f"SELECT {listed}, {batch.batch}::BIGINT AS batch FROM {files(batch.records)} {superseded} WHERE {where}"


def letter(spec: SubjectsPiece, code: str) -> str:
    """What stands for a source in `won` and in dossiers."""
    return LETTERS[_place(spec, code)]


def _row(elements: Sequence[str]) -> str:
    return _joined([name(column(element)) for element in elements], COLUMN)


def _joined(fields: Sequence[str], between: str) -> str:
    """SQL of the fields one after the other, whatever their type, nothing for NULL (as `concat` has it)."""
    return f"concat({f', {literal(between)}, '.join(fields)})" if fields else "''"


def _nothing(spec: SubjectsPiece, source: SourceOf) -> str:
    values = "".join(f", NULL::VARCHAR AS {name(col)}" for col in linking.columns(spec, source))
    return (
        "SELECT NULL::UUID AS subject, NULL::VARCHAR AS record, NULL::BIGINT AS _position, NULL::BIGINT AS moment"
        f"{values}, NULL::BIGINT AS batch WHERE false"
    )


def _side_by_side(spec: SubjectsPiece) -> str:
    """One row a subject with every source's newest word beside the others', ranks, doubts and the dossier."""
    first, *others = [_table(source) for source in spec.sources]
    joined = " ".join([first, *(f"FULL JOIN {table} USING (subject)" for table in others)])
    values = [
        f"{_value(source, element)} AS {name(_apart(source, element))}"
        for source in spec.sources
        for element in spec.given_by(source)
    ]
    ranks = [f"{_rank(spec, element)} AS {_winner(column(element))}" for element in spec.elements]
    bits = " + ".join(f"if({_doubt(spec, doubt)}, {1 << place}, 0)" for place, doubt in enumerate(spec.doubts))
    entries = ", ".join(
        f"CASE WHEN {_table(source)}.batch IS NOT NULL THEN {_entry(spec, source, _table(source))} END"
        for source in spec.sources
    )
    return (
        f"SELECT subject, {', '.join([*values, *ranks])}, {bits or '0'} AS doubts, "
        f"concat_ws({literal(ENTRY)}, {entries}, more.entries) AS dossier "
        f"FROM {joined} LEFT JOIN more USING (subject)"
    )


def _entry(spec: SubjectsPiece, source: SourceOf, table: str) -> str:
    fields = [*FIXED, *map(name, linking.columns(spec, source))]
    return _joined([f"'{letter(spec, source.code)}'", *(f"{table}.{field}" for field in fields)], FIELD)


def _rank(spec: SubjectsPiece, element: str) -> str:
    """The letter of the source whose value stands."""
    tiers = [[code for code in tier if element in _source(spec, code).items] for tier in spec.elements[element]]
    return f"CASE {' '.join(_of_a_tier(spec, element, tier) for tier in tiers if tier)} ELSE '{NOBODY}' END"


def _of_a_tier(spec: SubjectsPiece, element: str, tier: list[str]) -> str:
    """WHEN somebody of this tier has a value THEN whose: the newest, then the order declared."""
    sources = [_source(spec, code) for code in tier]
    there = " OR ".join(f"{_value(source, element)} IS NOT NULL" for source in sources)
    if len(tier) == 1:
        return f"WHEN {there} THEN '{letter(spec, tier[0])}'"
    ranks = [
        f"CASE WHEN {_value(source, element)} IS NOT NULL "
        f"THEN (coalesce({_table(source)}.moment, 0) << 12) + {((63 - place) << 6) + _place(spec, source.code)} END"
        for place, source in enumerate(sources)
    ]
    return f"WHEN {there} THEN substr('{LETTERS}', (greatest({', '.join(ranks)}) & 63) + 1, 1)"


def _won(spec: SubjectsPiece, element: str) -> str:
    cases = " ".join(
        f"WHEN '{letter(spec, source.code)}' THEN {name(_apart(source, element))}"
        for source in spec.sources
        if element in source.items and any(source.code in tier for tier in spec.elements[element])
    )
    return f"CASE {_winner(column(element))} {cases} END"


def _winner(col: str) -> str:
    return name(f"rank_{col}")


def _doubt(spec: SubjectsPiece, doubt: Doubt) -> str:
    values = [_value(_source(spec, code), doubt.element) for code in doubt.between]
    pairs = [f"{one} <> {other}" for place, one in enumerate(values) for other in values[place + 1 :]]
    if pairs:
        return f"coalesce({', '.join(pairs)}, false)" if len(pairs) == 1 else _any(pairs)
    stated = [
        f"{_value(_source(spec, code), element)} IN ({', '.join(map(literal, listed))})"
        if listed
        else f"{_value(_source(spec, code), element)} IS NOT NULL"
        for code, asked in doubt.where.items()
        for element, listed in asked.items()
    ]
    return f"coalesce({' AND '.join(stated)}, false)"


def _any(conditions: Sequence[str]) -> str:
    return "(" + " OR ".join(f"coalesce({one}, false)" for one in conditions) + ")"


def _source(spec: SubjectsPiece, code: str) -> SourceOf:
    return next(source for source in spec.sources if source.code == code)


def _place(spec: SubjectsPiece, code: str) -> int:
    return [source.code for source in spec.sources].index(code)


def _value(source: SourceOf, element: str) -> str:
    return f"{_table(source)}.{name(column(element))}"


def _apart(source: SourceOf, element: str) -> str:
    return f"{source.code}.{column(element)}"


def _table(source: SourceOf) -> str:
    return name(f"by_{source.code}")
