"""A base register's table in PostgreSQL: typed, wide, made by `packs apply`; and how golden records get into it.

`subjects_<code>`: one row a subject.  Elements of grade 1 and 2 are columns; those of grade 3 and 4 are nowhere in the
clear: their values are in the dossier (every source's contribution, `fusing.py`), closed as one envelope a row, with a
blind index for those the register declares in `find_by`.  `won` has a letter an element, its winning source's: which
of the dossier's values stands.  That gives up searching sealed elements by part, by range or by order; whole values are
found.

A register made anew is loaded beside the old table and takes its name in the commit: readers see the one, then the
other, and never wait for the load.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from gusu.kernel.crypto.bulk import Sink
from gusu.kernel.engine.duck import literal, name
from gusu.kernel.vocabulary.queries import Element
from gusu.resources.subjects.fusing import COLUMN
from gusu.resources.subjects.models import DossierKey
from gusu.resources.subjects.spec import SubjectsPiece, blind_column, column

SEALED_FROM = 3  # grade
TYPES = {"date": "date"}
LEADING = ["subject"]
TRAILING = ["won", "doubts", "fingerprint", "edition", "key", "dossier"]
DECLARED = {
    "subject": "uuid",
    "won": "text NOT NULL",
    "doubts": "integer NOT NULL",
    "fingerprint": "bigint NOT NULL",
    "edition": "integer NOT NULL",
    "key": "bigint NOT NULL",
    "dossier": "bytea NOT NULL",
}


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

    def line(self, *, edition: int, key: int) -> str:
        r"""SQL, over `fusing.golden`, for one line of COPY's text form where "" is NULL; the dossier is still open.

        No value holds a control character, so a backslash is all there is to escape.
        """
        hidden = [f"coalesce({name(blind_column(element))}::VARCHAR, '')" for element in self.blind]
        shown = "replace(shown, chr(92), chr(92) || chr(92))"
        weight = "('0x' || left(weight, 15))::BIGINT"
        fields = ["subject", shown, *hidden, "won", "doubts", weight, str(edition), str(key), "dossier"]
        return f"concat_ws({literal(COLUMN)}, {', '.join(fields)})"


def create(layout: Layout) -> None:
    """Make the table, or add the columns a new version of the pack declares. Nothing is ever dropped here."""
    table = layout.spec.table
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table])
        [(there,)] = cursor.fetchall()
        if there is None:
            _make(cursor.execute, table, layout)
            _index(cursor.execute, table, layout)
        for col, kind in layout.columns.items():
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name(col)} {kind}")


class Loading:
    """A table beside the register's own, being filled; nobody reads it until `take_its_place`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.table = f"{layout.spec.table}_next"
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")  # of a load that was killed
            _make(cursor.execute, self.table, layout)

    def copy(self, fill: Callable[[Sink], int]) -> int:
        return _copy(self.table, self.layout, fill)

    def finish(self) -> tuple[int, int]:
        """Index it; answers rows and the sum of their fingerprints, as the table itself has them."""
        with connection.cursor() as cursor:
            _index(cursor.execute, self.table, self.layout)
            cursor.execute(f"ANALYZE {self.table}")
            cursor.execute(f"SELECT count(*), coalesce(sum(fingerprint), 0) FROM {self.table}")
            [(rows, weight)] = cursor.fetchall()
        return rows, int(weight)

    def compare(self) -> tuple[int, int, int]:
        """Subjects (added, changed, removed) against the register's own table."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE was.subject IS NULL), "
                "count(*) FILTER (WHERE was.fingerprint <> now.fingerprint), "
                "count(*) FILTER (WHERE now.subject IS NULL) "
                f"FROM {self.layout.spec.table} AS was FULL JOIN {self.table} AS now USING (subject)"
            )
            [(added, changed, removed)] = cursor.fetchall()
        return added, changed, removed

    def take_its_place(self) -> None:
        """Inside the commit: from now on this is the register."""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {self.layout.spec.table}")
            cursor.execute(f"ALTER TABLE {self.table} RENAME TO {self.layout.spec.table}")


def merge(layout: Layout, fill: Callable[[Sink], int], gone: Iterable[str]) -> tuple[int, int]:
    """Inside the commit: write the records that changed, remove subjects nobody speaks of; answers (added, changed)."""
    table, listed = layout.spec.table, ", ".join(map(name, layout.columns))
    fresh = ", ".join(f"{name(col)} = EXCLUDED.{name(col)}" for col in layout.columns if col != "subject")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arriving (LIKE {table}) ON COMMIT DROP")
        _copy("arriving", layout, fill)
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE arriving.fingerprint <> {table}.fingerprint) "
            f"FROM arriving JOIN {table} USING (subject)"
        )
        [(known, changed)] = cursor.fetchall()
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {listed} FROM arriving ON CONFLICT (subject) DO UPDATE SET {fresh}"
        )
        written = cursor.rowcount
        cursor.execute(f"DELETE FROM {table} WHERE subject = ANY(%s::uuid[])", [list(gone)])
    return written - known, changed


def read_dossiers(layout: Layout, subjects: Path) -> list[tuple[str, str, bytes]]:
    """(subject, wrapped key, closed dossier) of those listed, a line each, that the register has."""
    keys = DossierKey._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE asked (subject uuid)")
        with cursor.copy("COPY asked FROM STDIN") as copy:
            copy.write(subjects.read_bytes())
        cursor.execute(
            f"SELECT r.subject::text, k.wrapped, r.dossier FROM {layout.spec.table} AS r JOIN asked USING (subject) "
            f"JOIN {keys} AS k ON k.id = r.key"
        )
        found = [(subject, wrapped, bytes(dossier)) for subject, wrapped, dossier in cursor.fetchall()]
        cursor.execute("DROP TABLE asked")
    return found


def _copy(table: str, layout: Layout, fill: Callable[[Sink], int]) -> int:
    listed = ", ".join(map(name, layout.columns))
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN (NULL '')") as copy:
        return fill(copy)


def _make(execute: Callable[[str], object], table: str, layout: Layout) -> None:
    declared = ", ".join(f"{name(col)} {kind}" for col, kind in layout.columns.items())
    execute(f"CREATE TABLE {table} ({declared}) WITH (fillfactor = 90)")
    execute(f"ALTER TABLE {table} ALTER COLUMN dossier SET STORAGE EXTERNAL")  # what is closed cannot be compressed


def _index(execute: Callable[[str], object], table: str, layout: Layout) -> None:
    """PostgreSQL names them itself: a table loaded beside another has its own."""
    execute(f"ALTER TABLE {table} ADD PRIMARY KEY (subject)")
    for element in layout.spec.find_by:
        if element == layout.spec.number:
            continue
        execute(f"CREATE INDEX ON {table} ({name(layout.sought_in(element))})")
    execute(f"CREATE INDEX ON {table} (subject) WHERE doubts <> 0")
