"""What can be asked of a register: what is, what was, what became of it, and what we knew when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import connection

from gusu.kernel.engine.duck import name
from gusu.kernel.errors import NotFound
from gusu.kernel.search.text import words_of
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import Element, code_labels, labels_by_element
from gusu.resources.registers.models import Edition, Register
from gusu.resources.registers.rules import may_look_up
from gusu.resources.registers.spec import RegisterPiece, column, spec_of

__all__ = [
    "Change",
    "Edition",
    "KeyNames",
    "Register",
    "Version",
    "became",
    "changes_of",
    "children",
    "editions",
    "full_key",
    "may_look_up",
    "names_in_registers",
    "newest_edition",
    "newest_editions",
    "open_registers",
    "path",
    "readings",
    "register_of",
    "registers",
    "search",
    "value_labels",
    "versions_at",
    "versions_of",
]
SqlValue = str | int | date | None
PAGE = 30
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Version:
    """One thing under one key for one span of time.

    label: its name.  values: every element by column.  valid_from/valid_to: the span, [from, to); None is open.
    confirmed: the list of things in force still has it.  known_from/known_to: the editions that hold it so.  batch,
    position: the record that began it;
    ended_position: the record that ended it.
    """

    id: int
    key: str
    label: str
    values: dict[str, str | None]
    valid_from: date | None
    valid_to: date | None
    confirmed: bool
    known_from: int
    known_to: int | None
    batch: int | None
    position: int | None
    ended_position: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One reported change; either side may be missing. depth: how many changes after the one asked about."""

    moment: date
    kind: str
    deed: str
    before_key: str | None
    before_label: str | None
    after_key: str | None
    after_label: str | None
    batch: int | None
    position: int | None
    depth: int = 0


REPORTED = [field.name for field in fields(Change) if field.name != "depth"]


def registers() -> list[Register]:
    return list(Register.objects.filter(ended_at=None).order_by("code"))


def open_registers() -> list[Register]:
    """Those anyone may look into."""
    return [register for register in registers() if spec_of(register.spec).open]


def value_labels(register: str) -> dict[str, Text]:
    """Labels of coded values by code, over every element of the register that has a code list."""
    spec = _spec(register)
    return code_labels([*spec.elements, spec.changes.kind_element])


def readings(known: Mapping[str, Element]) -> dict[str, Mapping[str, Text]]:
    """Element → value → how people read it: by its code list, or by the register whose keys its values are."""
    return {**labels_by_element(known), **names_in_registers(known)}


def names_in_registers(known: Mapping[str, Element]) -> dict[str, "KeyNames"]:
    """The same, of the elements whose values are keys of a register."""
    return {code: KeyNames(element.register) for code, element in known.items() if element.register}


class KeyNames(Mapping[str, Text]):
    """Key → its name in a register, after those above it: 江苏省苏州市姑苏区. Asked one by one, each once."""

    def __init__(self, register: str) -> None:
        self._register = register
        self._asked: dict[str, str] = {}

    def __getitem__(self, key: str) -> Text:
        if key not in self._asked:
            self._asked[key] = _full_name(self._register, key)
        if not self._asked[key]:
            raise KeyError(key)
        return Text(self._asked[key], self._asked[key])

    def __bool__(self) -> bool:
        """Whether there is such a register, and anything in it."""
        return newest_edition(self._register) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._asked)

    def __len__(self) -> int:
        return len(self._asked)


def _full_name(register: str, key: str) -> str:
    """ "" where the key, or the register, is not known."""
    try:
        steps = path(register, full_key(register, key))
    except NotFound:
        return ""
    return "".join(step.label for step in steps)


def register_of(code: str) -> Register:
    found = Register.objects.filter(code=code, ended_at=None).first()
    if found is None:
        raise NotFound(kind=Text("基础库", "register"), key=code)
    return found


def full_key(register: str, typed: str) -> str:
    """What a person types for a key: short codes are filled up with noughts to the length of the hierarchy
    (`320503`).
    """
    spec, typed = _spec(register), typed.strip()
    return typed.ljust(spec.hierarchy[-1], "0") if spec.hierarchy and typed.isdigit() else typed


def newest_edition(register: str) -> Edition | None:
    return Edition.objects.filter(register__code=register).order_by("-number").first()


def newest_editions(codes: Iterable[str]) -> dict[str, Edition]:
    """The newest edition of each of these registers that has one, by code, in one query."""
    found = Edition.objects.filter(register__code__in=codes).select_related("register")
    newest = found.order_by("register_id", "-number").distinct("register_id")
    return {edition.register.code: edition for edition in newest}


def editions(register: str) -> list[Edition]:
    return list(Edition.objects.filter(register__code=register).order_by("-number")[:100])


def versions_of(register: str, key: str, *, known: int | None = None) -> list[Version]:
    """Everything this key has ever been, oldest first; as edition `known` had it, else as now."""
    return _versions(register, "key = %s", [key], known, order="valid_from NULLS FIRST, id")


def versions_at(register: str, key: str, *, on: date, known: int | None = None) -> list[Version]:
    """What the key was on a day: none, one, or - where sources disagree - more."""
    return _versions(register, f"key = %s AND {AT}", [key, on, on], known, order="confirmed DESC, id")


AT = "(valid_from IS NULL OR valid_from <= %s) AND (valid_to IS NULL OR valid_to > %s)"


def path(register: str, key: str, *, on: date | None = None, known: int | None = None) -> list[Version]:
    """From the top of the hierarchy down to the key, as of a day (else: what is in force).

    Follows the parent each version states; where no such parent is known, the nearest one above by the way keys are
    built.
    """
    spec = _spec(register)
    chain = [_one(register, key, on, known)]
    while len(chain) < DEEPEST and (above := chain[0].values.get(column(spec.parent))):
        there = (_maybe(register, up, on, known) for up in _candidates(spec, above))
        found = next((up for up in there if up and up.key != chain[0].key), None)
        if found is None:
            break
        chain.insert(0, found)
    return chain


def children(register: str, key: str | None, *, after: str = "", limit: int = PAGE) -> list[Version]:
    """What lies directly below a key (below nothing: the tops) and is in force; keyset by key."""
    up = name(column(_spec(register).parent))
    where = f"{up} = %s" if key else f"{up} IS NULL"
    values: list[SqlValue] = [key] if key else []
    return _versions(
        register,
        f"{where} AND valid_to IS NULL AND confirmed AND key > %s",
        [*values, after],
        None,
        order="key",
        limit=limit,
    )


def search(register: str, asked: str, *, after: int = 0, limit: int = PAGE) -> list[Version]:
    """Versions, old ones too, whose key begins with what is asked or whose searched elements hold every word of it;
    by key. `after` is the id of the last one seen.
    """
    spec = _spec(register)
    words = words_of(asked)
    asked = " ".join(words)
    if not asked:
        return []
    beyond = (
        f" AND (key, id) > (SELECT last.key, last.id FROM {spec.table} AS last WHERE last.id = %s)" if after else ""
    )
    seen: list[SqlValue] = [after] if after else []
    if asked.isascii() and asked.isdigit():
        return _versions(register, f"key LIKE %s{beyond}", [f"{asked}%", *seen], None, order="key, id", limit=limit)
    matches = []
    values: list[SqlValue] = []
    for element in spec.search:
        col = name(column(element))
        recheck = " AND ".join([f"{col} ILIKE %s"] * len(words))
        matches.append(f"(gusu_tokens({col}, false) @> gusu_tokens(%s, true) AND {recheck})")
        values += [asked, *(f"%{_escaped(word)}%" for word in words)]
    where = f"({' OR '.join(matches)}){beyond}"
    return _versions(register, where, [*values, *seen], None, order="key, id", limit=limit)


def changes_of(register: str, key: str, *, known: int | None = None) -> list[Change]:
    """Every reported change that names the key on either side, oldest first."""
    table, (held, values) = f"{_spec(register).table}_change", _held(known)
    columns = ", ".join(REPORTED)
    return _changes(
        f"SELECT {columns}, 0 FROM {table} WHERE (before_key = %s OR after_key = %s) AND {held} ORDER BY moment, id",
        [key, key, *values],
    )


def became(register: str, key: str, *, since: date | None = None, known: int | None = None) -> list[Change]:
    """What became of a key: its successions and theirs, in order of time. A code given to another thing is not a
    succession.
    """
    spec, (held, values) = _spec(register), _held(known)
    columns = ", ".join(REPORTED)
    walk = ", ".join(f"c.{reported}" for reported in REPORTED)
    succession = "deed IN ('replaces', 'dissolves') AND before_key IS NOT NULL"
    table = f"(SELECT * FROM {spec.table}_change WHERE {held} AND {succession})"
    return _changes(
        f"""WITH RECURSIVE successions AS (
            SELECT {columns}, 1 AS depth FROM {table} AS first WHERE before_key = %s AND moment >= %s
            UNION
            SELECT {walk}, s.depth + 1 FROM successions s JOIN {table} AS c
                ON c.before_key = s.after_key AND c.before_label = s.after_label
                AND (c.moment > s.moment OR (c.moment = s.moment AND c.before_key <> s.before_key))
                AND s.depth < {DEEPEST}
        ) SELECT {columns}, min(depth) FROM successions GROUP BY {columns} ORDER BY moment, min(depth), position""",
        [*values, key, since or date.min, *values],
    )


def _versions(
    register: str, where: str, values: Sequence[SqlValue], known: int | None, *, order: str, limit: int = 200
) -> list[Version]:
    spec, (held, edition) = _spec(register), _held(known)
    listed = ", ".join(map(name, spec.columns))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, key, valid_from, valid_to, confirmed, known_from, known_to, batch, position, ended_position, "
            f"{listed} "
            f"FROM {spec.table} WHERE {held} AND {where} ORDER BY {order} LIMIT {limit:d}",
            [*edition, *values],
        )
        return [_version(spec, row) for row in cursor.fetchall()]


def _version(spec: RegisterPiece, row: tuple[Any, ...]) -> Version:
    found, start, end, confirmed, known_from, known_to, batch, position, ended = row[0], *row[2:10]
    values = dict(zip(spec.columns, row[10:], strict=True))
    label = values.get(spec.told_apart_by[0]) or row[1]
    return Version(found, row[1], label, values, start, end, confirmed, known_from, known_to, batch, position, ended)


def _changes(sql: str, values: Sequence[SqlValue]) -> list[Change]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return [Change(*row) for row in cursor.fetchall()]


def _held(known: int | None) -> tuple[str, list[SqlValue]]:
    """SQL for: edition `known` held this row; None is the newest."""
    if known is None:
        return "known_to IS NULL", []
    return "known_from <= %s AND (known_to IS NULL OR known_to > %s)", [known, known]


def _maybe(register: str, key: str, on: date | None, known: int | None) -> Version | None:
    if on:
        return next(iter(versions_at(register, key, on=on, known=known)), None)
    now = _versions(register, "key = %s", [key], known, order="confirmed DESC, valid_to DESC NULLS FIRST, id", limit=1)
    return next(iter(now), None)


def _one(register: str, key: str, on: date | None, known: int | None) -> Version:
    found = _maybe(register, key, on, known)
    if found is None:
        raise NotFound(kind=Text("代码", "code"), key=key)
    return found


def _candidates(spec: RegisterPiece, key: str) -> list[str]:
    """The key itself, then those above it by the way keys are built."""
    whole = spec.hierarchy[-1] if spec.hierarchy else 0
    ups = [key[:cut].ljust(whole, "0") for cut in reversed(spec.hierarchy[:-1])]
    return list(dict.fromkeys([key, *(up for up in ups if key.startswith(up.rstrip("0")))]))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _spec(register: str) -> RegisterPiece:
    return spec_of(register_of(register).spec)
