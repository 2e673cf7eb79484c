"""Editions in PostgreSQL: closed, never altered; and the digest that both engines agree on."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.resources.registers.test_history import SPEC

from gusu.kernel.engine import digest
from gusu.kernel.engine.duck import literal, name
from gusu.resources.registers import history, store

pytestmark = pytest.mark.django_db
SALT = "5a17"
COLUMNS = history.content(SPEC)
Row = tuple[str | None, str | None, str | None, str | None, bool]
CELL = st.none() | st.sampled_from(
    ["", "~", "\\.", 'a"b', "a\n\\.\nb", "苏\r\n州", "𠀀🏯", "é", "é", "NULL", "\\N", "'", ","]
)
DAY = st.none() | st.dates().map(str)
ROWS = st.lists(st.tuples(CELL, CELL, DAY, DAY, st.booleans()), max_size=5, unique=True)


@pytest.fixture
def table(db: None) -> None:
    store.create(SPEC)


def publish(rows: Sequence[Row], edition: int, folder: Path) -> tuple[int, int, int]:
    """As a merge does it: the engine writes a CSV with a fingerprint, PostgreSQL takes it in."""
    file = folder / f"{edition}.csv"
    values = ", ".join(f"({', '.join([*map(literal, row[:4]), str(row[4])])})" for row in rows)
    types = dict(zip(COLUMNS, ("VARCHAR", "VARCHAR", "DATE", "DATE", "BOOLEAN"), strict=True))
    typed = ", ".join(f"{column}::{kind} AS {column}" for column, kind in types.items())
    empty = "" if rows else "LIMIT 0"
    duckdb.sql(
        f"COPY (SELECT *, sha256({literal(SALT)} || {store.canonical(COLUMNS)}), 7, 2, NULL FROM (SELECT {typed} "
        f"FROM (VALUES {values or '(NULL, NULL, NULL, NULL, true)'}) AS v({', '.join(COLUMNS)}) {empty})) "
        f"TO {literal(str(file))} (FORMAT csv, HEADER false)"
    )
    return store.take_in(SPEC.table, COLUMNS, ["ended_position"], file, edition)


def by_definition(rows: Sequence[Row]) -> str:
    total = 0
    for *cells, confirmed in rows:
        texts = [*cells, "true" if confirmed else "false"]
        canonical = "".join("~" if text is None else f"{len(text)}:{text}" for text in texts)
        total += int.from_bytes(hashlib.sha256((SALT + canonical).encode()).digest(), "big")
    return f"{len(rows)}:{total % 2**256:064x}"


def by_the_engine() -> str:
    """The rows PostgreSQL keeps, measured by DuckDB."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(map(name, COLUMNS))} FROM {SPEC.table} WHERE known_to IS NULL")
        kept = [
            [None if cell is None else str(cell).replace("True", "true").replace("False", "false") for cell in row]
            for row in cursor.fetchall()
        ]
    if not kept:
        return by_definition([])
    values = ", ".join(f"({', '.join(map(literal, row))})" for row in kept)
    typed = ", ".join(f"{column}::VARCHAR AS {column}" for column in COLUMNS)
    relation = f"(SELECT {typed} FROM (VALUES {values}) AS v({', '.join(COLUMNS)}))"
    [answer] = duckdb.sql(digest.measured(relation, COLUMNS, SALT)).fetchall()
    return digest.total([list(answer)])[1]


@given(rows=ROWS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_and_the_definition_agree_on_what_is_kept(table: None, rows: list[Row], tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {SPEC.table}")

    assert publish(rows, 1, tmp_path) == (len(rows), 0, 0)

    assert store.digest(SPEC, SALT) == by_the_engine() == by_definition(rows)


def test_an_edition_closes_and_adds_only_what_differs(table: None, tmp_path: Path) -> None:
    same, old, new = (("1", label, "1990-01-01", None, True) for label in ("甲", "乙", "丙"))
    before = by_definition([same, old])
    publish([same, old], 1, tmp_path)

    assert publish([same, new], 2, tmp_path) == (1, 1, 1)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, known_from, known_to FROM {SPEC.table} ORDER BY id")
        assert cursor.fetchall() == [("甲", 1, None), ("乙", 1, 2), ("丙", 2, None)]
    assert store.digest(SPEC, SALT) == by_definition([same, new]) != before


def test_what_returns_is_held_anew_and_the_gap_stays(table: None, tmp_path: Path) -> None:
    row: Row = ("1", "甲", None, None, True)
    answers = [publish(rows, edition, tmp_path) for edition, rows in enumerate(([row], [], [row], [row]), 1)]

    assert answers == [(1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT known_from, known_to FROM {SPEC.table} ORDER BY id")
        assert cursor.fetchall() == [(1, 2), (3, None)]


def test_a_row_altered_by_hand_shows_in_the_digest(table: None, tmp_path: Path) -> None:
    publish([("1", "甲", None, None, True)], 1, tmp_path)
    before = store.digest(SPEC, SALT)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {SPEC.table} SET name = '乙'")

    assert store.digest(SPEC, SALT) != before


def test_making_the_tables_again_changes_nothing(table: None, tmp_path: Path) -> None:
    publish([("1", "甲", None, None, True)], 1, tmp_path)

    store.create(SPEC)

    assert store.digest(SPEC, SALT) == by_definition([("1", "甲", None, None, True)])
