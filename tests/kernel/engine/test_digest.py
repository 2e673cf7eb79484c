"""What rows add up to: the engine's SQL against a few lines of Python that read the definition anew."""

import hashlib
import random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gusu.kernel.engine import digest
from gusu.kernel.engine.duck import literal

Row = tuple[str | None, str | None]
SALT = "5a17"
CELL = (
    st.none()
    | st.sampled_from(["", "~", "1:", "0:", "苏", "𠀀", "🏯", "é", "é"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
)
ROWS = st.lists(st.tuples(CELL, CELL), max_size=8)
engine = duckdb.connect()


def by_the_engine(rows: list[Row], salt: str = SALT) -> str:
    values = ", ".join(f"({literal(a)}, {literal(b)})" for a, b in rows)
    listed = f"(VALUES {values or '(NULL, NULL)'}) AS v(a, b) {'' if rows else 'LIMIT 0'}"
    relation = f"(SELECT a::VARCHAR AS a, b::VARCHAR AS b FROM {listed})"
    answer = engine.execute(digest.measured(relation, ["a", "b"], salt)).fetchall()
    count, text = digest.total([list(row) for row in answer])
    assert count == len(rows)
    return text


def by_definition(rows: list[Row], salt: str = SALT) -> str:
    total = 0
    for row in rows:
        canonical = "".join("~" if cell is None else f"{len(cell)}:{cell}" for cell in row)
        total += int.from_bytes(hashlib.sha256((salt + canonical).encode()).digest(), "big")
    return f"{len(rows)}:{total % 2**256:064x}"


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_the_engines_digest_is_the_defined_one(rows: list[Row]) -> None:
    assert by_the_engine(rows) == by_definition(rows)


@given(ROWS, st.randoms())
@settings(max_examples=25, deadline=None)
def test_order_is_nothing_to_it(rows: list[Row], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)

    assert by_the_engine(shuffled) == by_the_engine(rows)


def test_many_rows_carry_over_between_the_limbs() -> None:
    rows: list[Row] = [(str(number), None) for number in range(3000)]

    assert by_the_engine(rows) == by_definition(rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("a", "b")], [("a", "b"), ("a", "b")]),
        ([("a", "b")] * 2, [("a", "b")] * 3),
        ([(None, "x")], [("", "x")]),
        ([(None, "x")], [("~", "x")]),
        ([("", None)], [(None, "")]),
        ([("ab", "c")], [("a", "bc")]),
        ([("1:a", "")], [("", "1:a")]),
        ([("a", "b")], [("b", "a")]),
        ([("a", None), (None, "b")], [("a", "b"), (None, None)]),
        ([("a1:b", "c")], [("a", "b1:c")]),
    ],
)
def test_what_differs_adds_up_to_something_else(one: list[Row], other: list[Row]) -> None:
    assert by_the_engine(one) != by_the_engine(other)


def test_another_salt_another_digest() -> None:
    assert by_the_engine([("a", "b")], "1") != by_the_engine([("a", "b")], "2")


def test_what_format_1_has_always_said() -> None:
    """Digests of batches received years ago are compared with these."""
    rows: list[Row] = [("a", None), ("", "~"), ("𠮷", "x"), ("a", None)]

    assert by_the_engine(rows) == "4:1464db8b44b30ca8ce53970bea45c210455678242ee216d56fcfbb183af840cb"


def test_the_parts_add_up_to_the_whole_however_it_is_cut() -> None:
    rows: list[Row] = [(str(number), None) for number in range(100)]
    relation = f"(SELECT a::VARCHAR AS a, NULL::VARCHAR AS b FROM (VALUES {', '.join(f'({a})' for a, _ in rows)}) v(a))"

    found = engine.execute(digest.measured(relation, ["a", "b"], SALT, cut="a::INTEGER // 7")).fetchall()
    parts = digest.measures([list(row) for row in found])

    assert [parts[0].rows, parts[14].rows, len(parts)] == [7, 2, 15]
    assert str(digest.whole(parts.values())) == by_definition(rows)
