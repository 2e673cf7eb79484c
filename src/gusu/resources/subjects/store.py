"""A base register's tables in PostgreSQL: typed, wide, made by `packs apply`; and how golden records get into them.

`subjects_<code>`: one row a subject.  Elements of grade 1 and 2 are columns; those of grade 3 and 4 are nowhere in the
clear: their values are in the dossier (every source's contribution, `fusing.py`), closed as one envelope a row in
`dossiers_<code>`, with a blind index for those the register declares in `find_by`.  `won` has a letter an element, its
winning source's: which of the dossier's values stands.  That gives up searching sealed elements by part, by range or by
order; whole values are found.

Two tables, because dossiers are three quarters of the bytes: they go in by the binary form of COPY, which costs
PostgreSQL a third of the text form, and whoever looks for a name, counts or indexes reads none of them.

A register made anew is loaded beside the old tables and takes their names in the commit: readers see the one, then the
other, and never wait for the load.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj

import psycopg
from django.db import connection

from gusu.kernel.crypto.bulk import BLOCK, Sink
from gusu.kernel.engine.duck import literal, name
from gusu.kernel.vocabulary.queries import Element
from gusu.resources.subjects.fusing import COLUMN
from gusu.resources.subjects.models import DossierKey
from gusu.resources.subjects.spec import SubjectsPiece, blind_column, column, dossiers_of, table_of

SEALED_FROM = 3  # grade
TYPES = {"date": "date"}
LEADING = ["subject"]
TRAILING = ["won", "doubts", "fingerprint", "edition"]
DECLARED = {
    "subject": "uuid",
    "won": "text NOT NULL",
    "doubts": "integer NOT NULL",
    "fingerprint": "bigint NOT NULL",
    "edition": "integer NOT NULL",
}
DOSSIER = {"subject": "uuid", "key": "bigint NOT NULL", "dossier": "bytea NOT NULL"}
NEXT = "_next"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a register's elements lie in its table."""

    spec: SubjectsPiece
    types: Mapping[str, str]
    sealed: frozenset[str]

    @staticmethod
    def of(spec: SubjectsPiece, elements: Mapping[str, Element]) -> "Layout":
        known = {code: elements[code] for code in spec.elements}
        types = {code: TYPES.get(element.type, "text") for code, element in known.items()}
        return Layout(spec, types, frozenset(code for code, it in known.items() if it.grade >= SEALED_FROM))

    @property
    def open(self) -> list[str]:
        """Elements that are columns."""
        return [element for element in self.spec.elements if element not in self.sealed]

    @property
    def blind(self) -> list[str]:
        """Sealed elements that are found by their whole value; the number needs none, a subject's id is made of it."""
        return [it for it in self.spec.find_by if it in self.sealed and it != self.spec.number]

    def sought_in(self, element: str) -> str:
        """The column that whole values of an element are looked up in."""
        if element == self.spec.number:
            return "subject"
        return blind_column(element) if element in self.sealed else column(element)

    @property
    def columns(self) -> dict[str, str]:
        """Every column and its type, in the order lines are copied in."""
        values = {column(element): self.types[element] for element in self.open}
        hidden = {blind_column(element): "uuid" for element in self.blind}
        return {col: DECLARED[col] for col in LEADING} | values | hidden | {col: DECLARED[col] for col in TRAILING}

    def line(self, *, edition: int) -> str:
        r"""SQL, over `fusing.golden`, for one line of COPY's text form where "" is NULL.

        No value holds a control character, so a backslash is all there is to escape.
        """
        hidden = [f"coalesce({name(blind_column(element))}::VARCHAR, '')" for element in self.blind]
        shown = "replace(shown, chr(92), chr(92) || chr(92))"
        weight = "('0x' || left(weight, 15))::BIGINT"
        fields = ["subject", *([shown] if self.open else []), *hidden, "won", "doubts", weight, str(edition)]
        return f"concat_ws({literal(COLUMN)}, {', '.join(fields)})"


@dataclass(frozen=True, slots=True)
class Written:
    """Golden records in files, ready to be copied. lines: COPY's text form; fill: writes the dossiers' binary form."""

    lines: Path
    fill: Callable[[Sink], int]


def create(layout: Layout) -> None:
    """Make the tables, or give them the columns a new version of the pack declares: one more, or one less where an
    element is sealed from now on.  No golden record is dropped here.
    """
    table = layout.spec.table
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table])
        [(there,)] = cursor.fetchall()
        if there is None:
            cursor.execute(f"DROP TABLE IF EXISTS {layout.spec.dossiers}")  # of golden records that are no more
            _make(cursor.execute, layout)
            _index(cursor.execute, layout)
        for col, kind in layout.columns.items():
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name(col)} {kind}")
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        for (col,) in cursor.fetchall():
            if col not in layout.columns:
                cursor.execute(f"ALTER TABLE {table} DROP COLUMN {name(col)}")


def drop(register: str) -> None:
    """The golden records of a register that no pack declares any more."""
    with connection.cursor() as cursor:
        for table in (table_of(register), dossiers_of(register)):
            for name_ in (table, table + NEXT):
                cursor.execute(f"DROP TABLE IF EXISTS {name_}")


class Loading:
    """Tables beside the register's own, being filled; nobody reads them until `take_their_place`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.names = {of: of + NEXT for of in (layout.spec.table, layout.spec.dossiers)}
        self.dossiers = 0
        with connection.cursor() as cursor:
            for beside in self.names.values():
                cursor.execute(f"DROP TABLE IF EXISTS {beside}")  # of a load that was killed
            _make(cursor.execute, layout, NEXT)

    def copy(self, written: Written) -> None:
        self.dossiers += _copy(self.layout, written, *self.names.values())

    def finish(self) -> tuple[int, int, int]:
        """Index them; answers rows, the sum of their fingerprints and dossiers, as PostgreSQL has them."""
        table = self.names[self.layout.spec.table]
        with connection.cursor() as cursor:
            _index(cursor.execute, self.layout, NEXT)
            cursor.execute(f"ANALYZE {table}")
            cursor.execute(f"SELECT count(*), coalesce(sum(fingerprint), 0) FROM {table}")
            [(rows, weight)] = cursor.fetchall()
        return rows, int(weight), self.dossiers

    def compare(self) -> tuple[int, int, int]:
        """Subjects (added, changed, removed) against the register's own table."""
        table = self.layout.spec.table
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE was.subject IS NULL), "
                "count(*) FILTER (WHERE was.fingerprint <> now.fingerprint), "
                "count(*) FILTER (WHERE now.subject IS NULL) "
                f"FROM {table} AS was FULL JOIN {self.names[table]} AS now USING (subject)"
            )
            [(added, changed, removed)] = cursor.fetchall()
        return added, changed, removed

    def take_their_place(self) -> None:
        """Inside the commit: from now on these are the register."""
        with connection.cursor() as cursor:
            for of, beside in self.names.items():
                cursor.execute(f"DROP TABLE {of}")
                cursor.execute(f"ALTER TABLE {beside} RENAME TO {of}")


def merge(layout: Layout, written: Written, gone: Iterable[str]) -> tuple[int, int, int]:
    """Inside the commit: write the records that changed, remove subjects nobody speaks of.

    Answers (added, changed, sum of the fingerprints of what was written, as PostgreSQL has them).
    """
    table, dossiers = layout.spec.table, layout.spec.dossiers
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arriving (LIKE {table}) ON COMMIT DROP")
        cursor.execute(f"CREATE TEMP TABLE closed (LIKE {dossiers}) ON COMMIT DROP")
        _copy(layout, written, "arriving", "closed")
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE arriving.fingerprint <> {table}.fingerprint) "
            f"FROM arriving JOIN {table} USING (subject)"
        )
        [(known, changed)] = cursor.fetchall()
        cursor.execute("SELECT coalesce(sum(fingerprint), 0) FROM arriving")
        [(weight,)] = cursor.fetchall()
        cursor.execute(_upsert(dossiers, DOSSIER, "closed"))
        cursor.execute(_upsert(table, layout.columns, "arriving"))
        added = cursor.rowcount - known
        for one in (table, dossiers):
            cursor.execute(f"DELETE FROM {one} WHERE subject = ANY(%s::uuid[])", [list(gone)])
    return added, changed, int(weight)


def read_dossiers(layout: Layout, subjects: Path) -> list[tuple[str, str, bytes]]:
    """(subject, wrapped key, closed dossier) of those listed, a line each, that the register has."""
    keys = DossierKey._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE asked (subject uuid)")
        with cursor.copy("COPY asked FROM STDIN") as copy:
            copy.write(subjects.read_bytes())
        cursor.execute(
            f"SELECT d.subject::text, k.wrapped, d.dossier FROM {layout.spec.dossiers} AS d JOIN asked USING (subject) "
            f"JOIN {keys} AS k ON k.id = d.key"
        )
        found = [(subject, wrapped, bytes(dossier)) for subject, wrapped, dossier in cursor.fetchall()]
        cursor.execute("DROP TABLE asked")
    return found


def _upsert(table: str, columns: Iterable[str], arriving: str) -> str:
    listed = [name(col) for col in columns]
    fresh = ", ".join(f"{col} = EXCLUDED.{col}" for col in listed if col != name("subject"))
    return (
        f"INSERT INTO {table} ({', '.join(listed)}) SELECT {', '.join(listed)} FROM {arriving} "
        f"ON CONFLICT (subject) DO UPDATE SET {fresh}"
    )


def _copy(layout: Layout, written: Written, table: str, dossiers: str) -> int:
    """Answers how many dossiers PostgreSQL took."""
    listed = ", ".join(map(name, layout.columns))
    try:
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({listed}) FROM STDIN (NULL '')") as copy:
                with written.lines.open("rb") as lines:
                    copyfileobj(lines, copy, BLOCK)
            with cursor.copy(f"COPY {dossiers} ({', '.join(DOSSIER)}) FROM STDIN (FORMAT binary)") as copy:
                written.fill(copy)
            return int(cursor.rowcount)
    except psycopg.Error as failure:  # its own words quote the line that was read, with the values in it
        raise type(failure)(f"COPY into {table} ended: {failure.sqlstate or 'connection lost'}") from None


def _make(execute: Callable[[str], object], layout: Layout, beside: str = "") -> None:
    dossiers = layout.spec.dossiers + beside
    for table, columns, full in ((layout.spec.table + beside, layout.columns, 90), (dossiers, DOSSIER, 100)):
        declared = ", ".join(f"{name(col)} {kind}" for col, kind in columns.items())
        execute(f"CREATE TABLE {table} ({declared}) WITH (fillfactor = {full})")
    execute(f"ALTER TABLE {dossiers} ALTER COLUMN dossier SET STORAGE EXTERNAL")  # what is closed cannot be compressed


def _index(execute: Callable[[str], object], layout: Layout, beside: str = "") -> None:
    """PostgreSQL names them itself: a table loaded beside another has its own."""
    table = layout.spec.table + beside
    for keyed in (table, layout.spec.dossiers + beside):
        execute(f"ALTER TABLE {keyed} ADD PRIMARY KEY (subject)")
    for element in layout.spec.find_by:
        if element != layout.spec.number:
            execute(f"CREATE INDEX ON {table} ({name(layout.sought_in(element))})")
    execute(f"CREATE INDEX ON {table} (subject) WHERE doubts <> 0")
