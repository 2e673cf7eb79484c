"""The kinds of rule a pack may write about any data, and the SQL each becomes; those about people: `people.py`."""

import re
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from gusu.kernel.engine.duck import literal, name
from gusu.kernel.engine.forms import normal
from gusu.kernel.packs import Piece
from gusu.resources.quality.kind import Asking, Names, RowKind, SetKind, is_filled
from gusu.resources.quality.people import (
    Agrees,
    Date,
    DateForm,
    FifteenDigits,
    LooksLike,
    Moment,
    NameForm,
    ResidentNumber,
    WrittenPlainly,
)

NUMBER = "resident_number"
Form = Literal["", "code", "date", "digits", "person_name", "resident_number"]


class Present(RowKind, frozen=True, tag="present"):
    """Every named item has a value, which blanks alone are not; with `any`, at least one of them has."""

    items: Names
    any: bool = False

    def columns(self) -> list[str]:
        return self.items

    def fails(self, asking: Asking) -> str:
        missing = (f"NOT {is_filled(name(item))}" for item in self.items)
        return (" AND " if self.any else " OR ").join(missing)


class Format(RowKind, frozen=True, tag="format"):
    """Where the item has a value, the whole of it matches the pattern."""

    item: str
    pattern: str

    def columns(self) -> list[str]:
        return [self.item]

    def fails(self, asking: Asking) -> str:
        return f"NOT regexp_full_match({name(self.item)}, {literal(self.pattern)})"


class FormatBy(RowKind, frozen=True, tag="format_by"):
    """The pattern of one item depends on the value of another (a county's code ends in six noughts)."""

    concern: ClassVar[str] = "format"
    item: str
    by: str
    patterns: Annotated[dict[str, str], msgspec.Meta(min_length=1)]

    def columns(self) -> list[str]:
        return [self.item, self.by]

    def fails(self, asking: Asking) -> str:
        cases = " ".join(
            f"WHEN {literal(value)} THEN NOT regexp_full_match({name(self.item)}, {literal(pattern)})"
            for value, pattern in self.patterns.items()
        )
        return f"CASE {name(self.by)} {cases} ELSE false END"


class Length(RowKind, frozen=True, tag="length"):
    """The value has that many characters at most."""

    item: str
    most: Annotated[int, msgspec.Meta(ge=1)]

    def columns(self) -> list[str]:
        return [self.item]

    def fails(self, asking: Asking) -> str:
        """A character has a byte at least, and bytes are counted for nothing."""
        return f"strlen({name(self.item)}) > {self.most} AND length({name(self.item)}) > {self.most}"


class InList(RowKind, frozen=True, tag="in_list"):
    """Where the item has a value, it is one of these."""

    concern: ClassVar[str] = "list"
    item: str
    values: Names

    def columns(self) -> list[str]:
        return [self.item]

    def fails(self, asking: Asking) -> str:
        return _not_among(name(self.item), self.values)


class InCodelist(RowKind, frozen=True, tag="in_codelist"):
    """Where the item has a value, it is a code in force of the list, or one of `values` (as written: code)."""

    concern: ClassVar[str] = "list"
    item: str
    codelist: str
    values: dict[str, str] = {}

    def columns(self) -> list[str]:
        return [self.item]

    def codelists(self) -> list[str]:
        return [self.codelist]

    def fails(self, asking: Asking) -> str:
        codes = asking.codes(self.codelist)
        right = [*codes, *(written for written, code in self.values.items() if code in codes)]
        if not right:
            return is_filled(name(self.item))
        return f"{_not_among(name(self.item), right)} AND {_not_among(f'gusu_clean({name(self.item)})', right)}"


class Requires(RowKind, frozen=True, tag="requires"):
    """Where `item` has one of the values, the other items must have a value too."""

    item: str
    values: Names
    items: Names

    def columns(self) -> list[str]:
        return [self.item, *self.items]

    def fails(self, asking: Asking) -> str:
        missing = " OR ".join(f"{name(item)} IS NULL" for item in self.items)
        return f"{name(self.item)} IN ({', '.join(map(literal, self.values))}) AND ({missing})"


class Unique(SetKind, frozen=True, tag="unique"):
    """No two rows share these items; missing values count as equal. With `keep: first`, the first is let through."""

    concern: ClassVar[str] = "unique"
    items: Names
    keep: Literal["", "first"] = ""

    def columns(self) -> list[str]:
        return self.items

    def failing(self, asking: Asking) -> str:
        keys = ", ".join(map(name, self.items))
        return _twice(asking.kept(f"hash({keys})"), keys, "_position" if self.keep else "")


class Once(SetKind, frozen=True, tag="once"):
    """A value, in its normal form, stands in one row. The others fail: all but the newest by the item `newest`, or all
    but the first. Values that have no normal form are another rule's.
    """

    concern: ClassVar[str] = "unique"
    item: str
    form: Form
    newest: str = ""

    def columns(self) -> list[str]:
        return [self.item, *([self.newest] if self.newest else [])]

    def failing(self, asking: Asking) -> str:
        value = normal(self.form, name(self.item))
        key = asking.kept(_key(self.form, asking.shared(value)))
        order = f"{name(self.newest)} DESC NULLS LAST, _position" if self.newest else "_position"
        return _twice(key, key if self.form == NUMBER else value, order)


class Single(SetKind, frozen=True, tag="single"):
    """For one `given` there is one `item`: a code has one name in one year."""

    given: Names
    item: str

    def columns(self) -> list[str]:
        return [*self.given, self.item]

    def failing(self, asking: Asking) -> str:
        keys = ", ".join(map(name, self.given))
        known = " AND ".join(f"{name(column)} IS NOT NULL" for column in self.given)
        return (
            f"SELECT _position FROM batch WHERE {known} AND ({keys}) IN "
            f"(SELECT ({keys}) FROM batch WHERE {known} GROUP BY {keys} HAVING count(DISTINCT {name(self.item)}) > 1)"
        )


class Reference(SetKind, frozen=True, tag="reference"):
    """Where the item has a value, `to` of the resource holds it (of this very batch when no resource is named)."""

    item: str
    to: str
    resource: str = ""

    def columns(self) -> list[str]:
        return [self.item] if self.resource else [self.item, self.to]

    def elsewhere(self) -> list[tuple[str, str]]:
        return [(self.resource, self.to)] if self.resource else []

    def failing(self, asking: Asking) -> str:
        target = asking.other(self.resource) if self.resource else "batch"
        return _among(self.item, f"value NOT IN ({_values(target, self.to)})")


class Place(Piece, frozen=True):
    """An item of a resource."""

    resource: str
    item: str


class CodeKind(SetKind, frozen=True):
    """About a code of a scheme whose codes come and go, like that of divisions.

    now: where the codes in force stand; before: where those stand that once were.  filled: a shorter code is filled
    with noughts to that many characters.  first: so many leading characters name what may have ended (of the twelve
    digits of a community the six of its county); 0 for the whole code.
    """

    item: str
    now: Place
    before: Annotated[list[Place], msgspec.Meta(min_length=1)]
    filled: int = 0
    first: int = 0

    def columns(self) -> list[str]:
        return [self.item]

    def elsewhere(self) -> list[tuple[str, str]]:
        return [(place.resource, place.item) for place in (self.now, *self.before)]

    def _unknown_now(self, asking: Asking) -> str:
        return f"{self._code()} NOT IN ({_values(asking.other(self.now.resource), self.now.item)})"

    def _ended(self, asking: Asking) -> str:
        """What the code's leading characters name is no longer, and once was."""
        code, now = self._code(), _values(asking.other(self.now.resource), self.now.item)
        was = " UNION ALL ".join(_values(asking.other(place.resource), place.item) for place in self.before)
        head = f"rpad(left({code}, {self.first}), length({code})::INTEGER, '0')" if self.first else code
        return f"({head} NOT IN ({now}) AND ({code} IN ({was}) OR {head} IN ({was})))"

    def _code(self) -> str:
        return f"rpad(value, {self.filled}, '0')" if self.filled else "value"


class FormerCode(CodeKind, frozen=True, tag="former_code"):
    """Fails for a code that once was and is no longer. It still means something: seldom more than a notice."""

    def failing(self, asking: Asking) -> str:
        return _among(self.item, f"{self._unknown_now(asking)} AND {self._ended(asking)}")


class KnownCode(CodeKind, frozen=True, tag="known_code"):
    """Fails for a code that is in no list, of now or before: suspicious, since no list is complete."""

    def failing(self, asking: Asking) -> str:
        return _among(self.item, f"{self._unknown_now(asking)} AND NOT {self._ended(asking)}")


class AbsentFrom(SetKind, frozen=True, tag="absent_from"):
    """The item's normal form stands nowhere in `to` of the other resource: who is insured is not among the dead. With
    `where`, only where that item has one of the values.
    """

    item: str
    form: Form
    resource: str
    to: str
    where: str = ""
    values: list[str] = []

    def __post_init__(self) -> None:
        if bool(self.where) != bool(self.values):
            raise ValueError("`where` names an item and `values` what it must have: both or neither")

    def columns(self) -> list[str]:
        return [self.item, *([self.where] if self.where else [])]

    def elsewhere(self) -> list[tuple[str, str]]:
        return [(self.resource, self.to)]

    def failing(self, asking: Asking) -> str:
        shared = asking.shared(normal(self.form, name(self.item)))
        here = f"{name(self.where)} IN ({', '.join(map(literal, self.values))}) AND " if self.where else ""
        key = asking.kept(f"CASE WHEN {here}{shared} IS NOT NULL THEN {_key(self.form, shared)} END")
        theirs = f"SELECT {normal(self.form, name(self.to))} AS value FROM {asking.other(self.resource)}"
        return (
            f"SELECT _position FROM looked WHERE {key} IN "
            f"(SELECT {_key(self.form, 'value')} FROM ({theirs}) WHERE value IS NOT NULL)"
        )


class InForce(SetKind, frozen=True, tag="in_force"):
    """A dated change takes away only what is there: `ended` must not have ended before, without having begun again
    since.

    What was never seen to begin is taken to have been there before the record starts.  moment: the item that orders
    the changes, a whole number; where it is none the change has no place in time and proves nothing.
    """

    ended: Names
    begun: Names
    moment: str

    def __post_init__(self) -> None:
        if len(self.ended) != len(self.begun):
            raise ValueError("`ended` and `begun` name the same things on two sides: as many items in each")

    def columns(self) -> list[str]:
        return [*self.ended, *self.begun, self.moment]

    def failing(self, asking: Asking) -> str:
        old, new = ", ".join(map(name, self.ended)), ", ".join(map(name, self.begun))
        named = " AND ".join(f"{name(column)} IS NOT NULL" for column in self.ended)
        begun = " AND ".join(f"{name(column)} IS NOT NULL" for column in self.begun)
        when = f"TRY_CAST({name(self.moment)} AS INTEGER)"
        moves = f"({old}) IS DISTINCT FROM ({new}) AND {when} IS NOT NULL"
        return f"""
            WITH marks AS (
                SELECT ({old}) AS what, {when} AS moment, 1 AS ends, _position FROM batch WHERE {named} AND {moves}
                UNION ALL
                SELECT ({new}), {when}, 0, _position FROM batch WHERE {begun} AND {moves}
            ), seen AS (
                SELECT *,
                    max(moment) FILTER (ends = 0) OVER earlier AS last_begun,
                    max(moment) FILTER (ends = 1) OVER before AS last_ended
                FROM marks WINDOW
                    earlier AS (PARTITION BY what ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                    before AS (PARTITION BY what ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            )
            SELECT _position FROM seen
            WHERE ends = 1 AND last_ended IS NOT NULL AND (last_begun IS NULL OR last_begun < last_ended)"""


class MostKeptOut(SetKind, frozen=True, tag="most_kept_out"):
    """Of the whole batch: no larger share of its rows is kept out, or the check raises an alarm. No row fails by it."""

    share: Annotated[float, msgspec.Meta(ge=0, le=1)]

    def columns(self) -> list[str]:
        return []

    def failing(self, asking: Asking) -> str:
        return "SELECT _position FROM looked WHERE false"


def _not_among(value: str, right: list[str]) -> str:
    """One automaton over all values is quicker than to compare with each."""
    listed = "|".join(re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", one) for one in right)
    return f"NOT regexp_full_match({value}, {literal(listed)})"


def _values(relation: str, item: str) -> str:
    return f"SELECT {name(item)} FROM {relation} WHERE {name(item)} IS NOT NULL"


def _among(item: str, wrong: str) -> str:
    """Rows whose value is wrong; each value there is, is asked about once."""
    return f"""
        SELECT _position FROM batch WHERE {name(item)} IN (
            SELECT value FROM (SELECT DISTINCT {name(item)} AS value FROM batch)
            WHERE gusu_clean(value) IS NOT NULL AND {wrong})"""


def _key(form: str, value: str) -> str:
    """SQL of something short that stands for a normal form: exact for a number, whose check digit follows from the
    other seventeen; else a hash. NULL for NULL.
    """
    short = f"left({value}, 17)::BIGINT" if form == NUMBER else f"hash({value})"
    return f"CASE WHEN {value} IS NOT NULL THEN {short} END"


def _twice(key: str, value: str, order: str) -> str:
    """Rows that share a value; with an order, all but the first. `key` stands for it in `looked`, and finds the few
    rows whose values must be compared.
    """
    within = f"PARTITION BY {value}"
    many = f"row_number() OVER ({within} ORDER BY {order}) > 1" if order else f"count(*) OVER ({within}) > 1"
    return f"""
        SELECT _position FROM (
            SELECT _position, {many} AS again FROM batch JOIN (
                SELECT _position, {key} FROM looked WHERE {key} IN (
                    SELECT {key} FROM looked WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1)
            ) USING (_position))
        WHERE again"""


AnyKind = (
    Present
    | Format
    | FormatBy
    | Length
    | InList
    | InCodelist
    | Requires
    | Unique
    | Once
    | Single
    | Reference
    | FormerCode
    | KnownCode
    | AbsentFrom
    | InForce
    | MostKeptOut
    | ResidentNumber
    | FifteenDigits
    | WrittenPlainly
    | NameForm
    | Date
    | DateForm
    | Moment
    | LooksLike
    | Agrees
)


def kind_of(declared: Any) -> AnyKind:
    """The kind a rule's declaration says."""
    kind: AnyKind = msgspec.convert(declared, AnyKind)
    return kind
