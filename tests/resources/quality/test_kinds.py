"""Each kind of rule against the plainest reading of its sentence, on small relations with missing values."""

import re
from collections.abc import Callable

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gusu.kernel.engine.duck import literal
from gusu.resources.quality.kinds import (
    AnyKind,
    Format,
    FormatBy,
    InForce,
    InList,
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
engine = duckdb.connect()


def failing(kind: AnyKind, rows: list[Row]) -> list[int]:
    values = ", ".join(f"({place}, {', '.join(map(literal, row))})" for place, row in enumerate(rows, 2))
    engine.execute("CREATE OR REPLACE TABLE batch (_position BIGINT, a VARCHAR, b VARCHAR, c VARCHAR)")
    if rows:
        engine.execute(f"INSERT INTO batch VALUES {values}")
    engine.execute("CREATE OR REPLACE TABLE other AS SELECT * FROM (VALUES ('a'), ('1'), (NULL)) AS v(key)")
    return sorted({position for (position,) in engine.execute(kind.failing(lambda _: "other")).fetchall()})


def by_hand(rows: list[Row], fails: Callable[[Row], bool]) -> list[int]:
    return [place for place, row in enumerate(rows, 2) if fails(row)]


def checks(kind: AnyKind, fails: Callable[[list[Row]], Callable[[Row], bool]]) -> None:
    @given(ROWS)
    @settings(max_examples=40, deadline=None)
    def agree(rows: list[Row]) -> None:
        assert failing(kind, rows) == by_hand(rows, fails(rows))

    agree()


def test_present_wants_every_item() -> None:
    checks(Present(["a", "b"]), lambda _: lambda row: row[A] is None or row[B] is None)


def test_present_any_wants_one() -> None:
    checks(Present(["a", "b"], any=True), lambda _: lambda row: row[A] is None and row[B] is None)


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
    checks(Reference("a", "key", resource="other"), lambda _: lambda row: row[A] not in OTHER | {None})


def test_reference_into_its_own_batch() -> None:
    checks(Reference("a", "b"), lambda rows: lambda row: row[A] is not None and row[A] not in {r[B] for r in rows})


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
        {"kind": "unheard_of"},
    ],
)
def test_a_declaration_that_cannot_be_asked_is_refused(declared: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(declared, AnyKind)
