"""Each kind of rule against the plainest reading of its sentence, on small relations with missing values."""

import re
from collections.abc import Callable

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gusu.kernel.engine.duck import literal
from gusu.kernel.engine.forms import prelude
from gusu.resources.quality.checking import statements
from gusu.resources.quality.kinds import (
    AbsentFrom,
    AnyKind,
    Format,
    FormatBy,
    FormerCode,
    InCodelist,
    InForce,
    InList,
    KnownCode,
    Length,
    MostKeptOut,
    Once,
    Place,
    Present,
    Reference,
    Requires,
    Single,
    Unique,
)

Row = tuple[str | None, str | None, str | None]
CELL = st.sampled_from([None, "", "a", "b", "1", "2", "10", "'", "苏\n州"])
ROWS = st.lists(st.tuples(CELL, CELL, CELL), max_size=7)
A, B, C = 0, 1, 2
PLACES = {"a": A, "b": B, "c": C}
OTHER = {"a", "1"}
CODES = ["a", "1"]
NOW = {"320508000000", "320508001000", "320506000000"}
BEFORE = {"320503000000", "320502000000"}
engine = duckdb.connect()
engine.execute(prelude()[0])
for relation, keys in {"other": OTHER, "codes_now": NOW, "codes_before": BEFORE}.items():
    listed = ", ".join(f"({literal(key)})" for key in keys)
    engine.execute(f"CREATE TABLE {relation} AS SELECT * FROM (VALUES {listed}, (NULL)) AS v(key)")


def failing(kind: AnyKind, rows: list[Row]) -> list[int]:
    return all_failing({"rule": kind}, rows)["rule"]


def all_failing(kinds: dict[str, AnyKind], rows: list[Row]) -> dict[str, list[int]]:
    """The positions at which each fails, by the program that checks a batch."""
    values = ", ".join(f"({place}, {', '.join(map(literal, row))})" for place, row in enumerate(rows, 2))
    for kept in ("VIEW batch", "TABLE looked", "TABLE failures"):
        engine.execute(f"DROP {kept.split()[0]} IF EXISTS {kept.split()[1]}")
    engine.execute("CREATE OR REPLACE TABLE landed (_position BIGINT, a VARCHAR, b VARCHAR, c VARCHAR)")
    if rows:
        engine.execute(f"INSERT INTO landed VALUES {values}")
    for statement in statements(kinds, "landed", str, lambda _: CODES)[len(prelude()) :]:
        engine.execute(statement)
    found: dict[str, list[int]] = {rule: [] for rule in kinds}
    for rule, position in engine.execute("SELECT rule, position FROM failures ORDER BY position").fetchall():
        found[rule].append(position)
    return found


def by_hand(rows: list[Row], fails: Callable[[Row], bool]) -> list[int]:
    return [place for place, row in enumerate(rows, 2) if fails(row)]


def checks(kind: AnyKind, fails: Callable[[list[Row]], Callable[[Row], bool]]) -> None:
    @given(ROWS)
    @settings(max_examples=40, deadline=None)
    def agree(rows: list[Row]) -> None:
        assert failing(kind, rows) == by_hand(rows, fails(rows))

    agree()


def test_present_wants_every_item_and_blanks_are_none() -> None:
    checks(Present(["a", "b"]), lambda _: lambda row: not (row[A] and row[B]))


def test_present_any_wants_one() -> None:
    checks(Present(["a", "b"], any=True), lambda _: lambda row: not row[A] and not row[B])


@pytest.mark.parametrize("pattern", [r"\d+", "[a-z]?", "'", ".*"])
def test_format_is_held_to_the_whole_of_a_value_that_is_there(pattern: str) -> None:
    checks(
        Format("a", pattern), lambda _: lambda row: row[A] is not None and not re.fullmatch(pattern, row[A], re.ASCII)
    )


def test_in_list_is_held_to_a_value_that_is_there() -> None:
    checks(InList("a", ["a", "'"]), lambda _: lambda row: row[A] not in (None, "a", "'"))


def test_format_by_leaves_alone_what_it_has_no_pattern_for() -> None:
    patterns = {"1": r"\d", "'": "[ab]"}

    def fails(row: Row) -> bool:
        return row[B] in patterns and row[A] is not None and not re.fullmatch(patterns[row[B] or ""], row[A])

    checks(FormatBy("a", "b", patterns), lambda _: fails)


def test_requires_looks_only_where_its_values_are() -> None:
    checks(
        Requires("a", ["a", "1"], ["b", "c"]), lambda _: lambda row: row[A] in ("a", "1") and None in (row[B], row[C])
    )


def test_unique_counts_missing_values_as_equal() -> None:
    checks(Unique(["a", "b"]), lambda rows: lambda row: [other[:2] for other in rows].count(row[:2]) > 1)


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_unique_keep_first_lets_the_first_through(rows: list[Row]) -> None:
    seen: set[tuple[str | None, ...]] = set()
    expected = []
    for place, row in enumerate(rows, 2):
        if row[:2] in seen:
            expected.append(place)
        seen.add(row[:2])

    assert failing(Unique(["a", "b"], keep="first"), rows) == expected


@pytest.mark.parametrize("given_items", [["a"], ["a", "b"]])
def test_single_means_one_value_under_what_is_given_and_all_rows_of_a_doubtful_one_fail(given_items: list[str]) -> None:
    def fails(rows: list[Row]) -> Callable[[Row], bool]:
        def key(row: Row) -> tuple[str | None, ...]:
            return tuple(row[PLACES[item]] for item in given_items)

        return lambda row: (
            None not in key(row) and len({other[C] for other in rows if key(other) == key(row)} - {None}) > 1
        )

    checks(Single(given_items, "c"), fails)


def test_reference_into_another_resource() -> None:
    checks(Reference("a", "key", resource="other"), lambda _: lambda row: bool(row[A]) and row[A] not in OTHER)


def test_reference_into_its_own_batch() -> None:
    checks(Reference("a", "b"), lambda rows: lambda row: bool(row[A]) and row[A] not in {r[B] for r in rows})


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "x", "y"]),
            st.sampled_from([None, "x", "y"]),
            st.sampled_from(["1", "2", "3", None, "zz"]),
        ),
        max_size=8,
    )
)
@settings(max_examples=120, deadline=None)
def test_in_force_finds_who_ends_what_had_ended_and_not_begun_again(rows: list[Row]) -> None:
    dated = [(place, a, b, int(c)) for place, (a, b, c) in enumerate(rows, 2) if c in {"1", "2", "3"} and a != b]
    ends = [(what, when) for _, what, _, when in dated if what is not None]
    begins = [(what, when) for _, _, what, when in dated if what is not None]
    expected = []
    for place, what, _, when in dated:
        ended = [at for thing, at in ends if thing == what and at < when]
        begun = [at for thing, at in begins if thing == what and at <= when]
        if what is not None and ended and not (begun and max(begun) >= max(ended)):
            expected.append(place)

    assert failing(InForce(["a"], ["b"], "c"), rows) == expected


@pytest.mark.parametrize("most", [1, 2])
def test_length_counts_characters(most: int) -> None:
    checks(Length("a", most), lambda _: lambda row: len(row[A] or "") > most)


def test_in_codelist_takes_codes_and_what_stands_for_them() -> None:
    kind = InCodelist("a", "some.list", {"2": "1", "10": "not a code"})
    checks(kind, lambda _: lambda row: bool(row[A]) and row[A] not in (*CODES, "2"))


def test_once_lets_the_newest_through_and_of_equals_the_first() -> None:
    def fails(rows: list[Row]) -> Callable[[Row], bool]:
        places = sorted(range(len(rows)), key=lambda place: (rows[place][C] is None, _down(rows[place][C]), place))
        kept: dict[str, int] = {}
        for place in places:
            if rows[place][A]:
                kept.setdefault(rows[place][A] or "", place)
        return lambda row: bool(row[A]) and not any(rows[place] is row for place in kept.values())

    checks(Once("a", "", "c"), fails)


def _down(text: str | None) -> list[int]:
    """Sorts texts downwards, as the engine does: by their bytes."""
    return [-byte for byte in (text or "").encode()] + [1]


def test_absent_from_asks_only_where_it_is_told_to() -> None:
    checks(
        AbsentFrom("a", "", "other", "key", "b", ["1", "2"]),
        lambda _: lambda row: row[A] in OTHER and row[B] in ("1", "2"),
    )
    checks(AbsentFrom("a", "", "other", "key"), lambda _: lambda row: row[A] in OTHER)


WRITTEN = st.sampled_from(
    [*NOW, *BEFORE, "320508001001", "320503001001", "320502", "320508", "990000", "999999000000", "", None, "苏"]
)


@given(st.lists(WRITTEN, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_code_is_of_now_or_of_before_or_unheard_of(codes: list[str | None]) -> None:
    """Each by its county, six digits; nothing is both former and unknown."""
    place = {"now": Place("codes_now", "key"), "before": [Place("codes_before", "key")], "filled": 12, "first": 6}
    rows: list[Row] = [(code, None, None) for code in codes]

    found = all_failing(
        {"former": FormerCode("a", **place), "unknown": KnownCode("a", **place)},  # type: ignore[arg-type]
        rows,
    )

    def former(code: str) -> bool:
        return code[:6].ljust(12, "0") in BEFORE

    asked = [(at, code.ljust(12, "0")) for at, code in enumerate(codes, 2) if code]
    assert found["former"] == [at for at, code in asked if code not in NOW and former(code)]
    assert found["unknown"] == [at for at, code in asked if code not in NOW and not former(code)]


def test_a_rule_on_the_whole_batch_fails_no_row() -> None:
    checks(MostKeptOut(0.1), lambda _: lambda row: False)


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_many_rules_in_one_pass_find_what_each_finds_alone(rows: list[Row]) -> None:
    """More conditions than one word has bits, and keys between them."""
    kinds: dict[str, AnyKind] = {f"{n}": InList("abc"[n % 3], ["a", f"{n % 11}"]) for n in range(140)}
    kinds |= {"twice": Unique(["a"]), "once": Once("b", ""), "there": Present(["c"])}

    found = all_failing(kinds, rows)

    for n in range(140):
        at = n % 3
        assert found[f"{n}"] == by_hand(rows, lambda row: row[at] is not None and row[at] not in ("a", f"{n % 11}"))  # noqa: B023
    assert found["there"] == by_hand(rows, lambda row: not row[C])
    assert found["twice"] == by_hand(rows, lambda row: [r[A] for r in rows].count(row[A]) > 1)


@pytest.mark.parametrize(
    "declared",
    [
        {"kind": "present", "items": []},
        {"kind": "in_list", "item": "a", "values": []},
        {"kind": "requires", "item": "a", "values": [], "items": ["b"]},
        {"kind": "requires", "item": "a", "values": ["x"], "items": []},
        {"kind": "unique", "items": []},
        {"kind": "unique", "items": ["a"], "keep": "last"},
        {"kind": "single", "given": [], "item": "a"},
        {"kind": "format_by", "item": "a", "by": "b", "patterns": {}},
        {"kind": "in_force", "ended": ["a"], "begun": ["b", "c"], "moment": "year"},
        {"kind": "length", "item": "a", "most": 0},
        {"kind": "once", "item": "a", "form": "unheard_of"},
        {"kind": "former_code", "item": "a", "now": {"resource": "r", "item": "i"}, "before": []},
        {"kind": "absent_from", "item": "a", "form": "", "resource": "r", "to": "i", "where": "b"},
        {"kind": "most_kept_out", "share": 1.1},
        {"kind": "agrees", "item": "a", "number": "b", "on": "sex"},
        {"kind": "agrees", "item": "a", "number": "b", "on": "birth_date", "values": {"1": "odd"}},
        {"kind": "date_form", "item": "a", "form": "short"},
        {"kind": "unheard_of"},
    ],
)
def test_a_declaration_that_cannot_be_asked_is_refused(declared: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(declared, AnyKind)
