"""From lists and changes to spans: the engine's program against the stated rules, read out in plain Python.

The reference knows no SQL.  It takes the marks of one (key, name) in order of time, pairs them, borrows from
neighbours under the same key, and lets the list of things in force confirm - sentence by sentence as `history.py` says.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gusu.kernel.engine.duck import literal
from gusu.kernel.packs import Label
from gusu.resources.registers import history
from gusu.resources.registers.spec import Changes, RegisterPiece, States

KINDS = {"new": "founds", "end": "dissolves", "ren": "replaces", "move": "reassigns", "note": "notes"}
STATED_ON = 2023
SPEC = RegisterPiece(
    code="places",
    title=Label("地方", "Places"),
    key="p.code",
    elements=["p.name"],
    search=["p.name"],
    states=States(resource="list", on=date(STATED_ON, 12, 31), items={"p.code": "code", "p.name": "name"}),
    changes=Changes(
        resource="told",
        year="year",
        kind="kind",
        before={"p.code": "old_code", "p.name": "old_name"},
        after={"p.code": "new_code", "p.name": "new_name"},
        both={"p.grade": "grade"},
        values={},
        kinds=KINDS,  # type: ignore[arg-type]
    ),
)
Told = tuple[
    str, str, str | None, str | None, str | None, str | None
]  # year, kind, old code and name, new code and name
Listed = tuple[str, str]
Span = tuple[str, str | None, date | None, date | None, bool]


@dataclass
class Piece:
    key: str
    name: str | None
    begun: int | None
    ended: int | None
    confirmed: bool


def by_the_rules(listed: list[Listed], told: list[Told]) -> set[Span]:
    marks: dict[tuple[str, str | None], list[tuple[int, int, int]]] = defaultdict(list)
    for place, (year, kind, *sides) in enumerate(told):
        before, after, deed = tuple(sides[:2]), tuple(sides[2:]), KINDS[kind]
        if not year.isdigit() or before == after:
            continue
        if deed in ("founds", "replaces", "reassigns") and after[0] is not None:
            marks[after[0], after[1]].append((int(year), 0, place))
        if deed in ("dissolves", "replaces", "reassigns") and before[0] is not None:
            marks[before[0], before[1]].append((int(year), 1, place))

    pieces = []
    for (key, name), dated in marks.items():
        turns: list[tuple[int, int]] = []
        for year, ends, _ in sorted(dated):
            if not turns or turns[-1][1] != ends:
                turns.append((year, ends))
        begun: int | None = None
        is_open = False
        for year, ends in turns:
            if not ends:
                begun, is_open = year, True
                continue
            if begun != year:
                pieces.append(Piece(key, name, begun, year, False))
            begun, is_open = None, False
        if is_open:
            pieces.append(Piece(key, name, begun, None, False))

    for key, name in listed:
        same = [piece for piece in pieces if (piece.key, piece.name) == (key, name)]
        standing = [piece for piece in same if piece.ended is None]
        for piece in standing:
            piece.confirmed = True
        if not standing:
            last = max((piece.ended for piece in same if piece.ended is not None), default=None)
            pieces.append(Piece(key, name, last, None, True))
    for piece in pieces:
        if piece.ended is None and piece.begun is not None and piece.begun > STATED_ON:
            piece.confirmed = True
    return {span for piece in pieces if (span := clipped(piece, pieces))}


def clipped(piece: Piece, pieces: list[Piece]) -> Span | None:
    """An end no record tells is the next one's beginning, a beginning the last one's end."""
    neighbours = [other for other in pieces if other.key == piece.key]
    start, end = piece.begun, piece.ended
    if start is None:
        ends = [
            other.ended
            for other in neighbours
            if other.ended is not None
            and other.ended <= (piece.ended if piece.ended is not None else 9999)
            and (other.begun, other.ended) != (piece.begun, piece.ended)
        ]
        start = max(ends, default=None)
    if end is None and not piece.confirmed:
        begins = [other.begun for other in neighbours if other.begun is not None and other.begun > (piece.begun or 0)]
        end = min(begins, default=None)
    if start is not None and start == end:
        return None
    day = [date(year, 1, 1) if year is not None else None for year in (start, end)]
    return piece.key, piece.name, day[0], day[1], piece.confirmed


def by_the_engine(listed: list[Listed], told: list[Told], folder: Path) -> list[tuple[Any, ...]]:
    engine = duckdb.connect()
    paths = {name: str(folder / f"{name}.parquet") for name in ("list", "told", "none")}
    relations = {
        "list": ("code, name", [*listed]),
        "told": ("year, kind, old_code, old_name, new_code, new_name, grade", [(*row, "1") for row in told]),
    }
    for name, (columns, rows) in relations.items():
        values = ", ".join(f"({place}, {', '.join(map(literal, row))})" for place, row in enumerate(rows, 2))
        empty = f"(-1, {', '.join(['NULL'] * len(columns.split(',')))})"
        texts = ", ".join(f"{column}::VARCHAR AS {column}" for column in columns.split(", "))
        engine.execute(
            f"COPY (SELECT _position::BIGINT AS _position, {texts} "
            f"FROM (VALUES {values or empty}) AS v(_position, {columns}) WHERE _position > 0) "
            f"TO {literal(paths[name])} (FORMAT parquet)"
        )
    engine.execute(f"COPY (SELECT 0::BIGINT AS _position WHERE false) TO {literal(paths['none'])} (FORMAT parquet)")
    arrived = {"list": [paths["list"]], "told": [paths["told"]]}
    kept_out = {"list": [paths["none"]], "told": [paths["none"]]}
    for statement in history.program(SPEC, arrived, kept_out, "'f'", "'c'"):
        engine.execute(statement)
    return engine.execute(
        "SELECT key, name, valid_from, valid_to, confirmed, _position, _stated FROM versions ORDER BY ALL"
    ).fetchall()


KEY, NAME = st.sampled_from(["1", "2"]), st.sampled_from(["a", "b", "c"])
SIDE = st.tuples(KEY, NAME) | st.just((None, None))
TOLD = st.tuples(
    st.sampled_from(["1990", "2000", "2010", "2024", "19x0"]), st.sampled_from(list(KINDS)), SIDE, SIDE
).map(lambda row: (row[0], row[1], *row[2], *row[3]))
LISTED = st.lists(st.tuples(KEY, NAME), max_size=3, unique=True)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(listed=LISTED, told=st.lists(TOLD, max_size=7))
@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
def test_the_program_follows_the_rules(listed: list[Listed], told: list[Told], tmp_path: Path) -> None:
    found = [row[:5] for row in by_the_engine(listed, told, tmp_path)]

    assert set(found) == by_the_rules(listed, told)
    assert len(found) == len(set(found))


@given(listed=LISTED, told=st.lists(TOLD, max_size=7))
@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
def test_spans_of_one_key_and_name_never_overlap(listed: list[Listed], told: list[Told], tmp_path: Path) -> None:
    spans = defaultdict(list)
    for key, name, start, end, *_ in by_the_engine(listed, told, tmp_path):
        spans[key, name].append((start or date.min, end or date.max))

    for same in spans.values():
        ordered = sorted(same)
        assert [one for one in ordered if one[0] >= one[1]] == []
        assert [(one, next_) for one, next_ in pairwise(ordered) if one[1] > next_[0]] == []


@given(listed=LISTED, told=st.lists(TOLD, max_size=7), chance=st.randoms())
@settings(max_examples=10, deadline=None, suppress_health_check=QUIET)
def test_where_a_row_stands_in_a_file_is_nothing_to_the_spans(
    listed: list[Listed], told: list[Told], chance: Any, tmp_path: Path
) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)

    one, other = (by_the_engine(listed, rows, tmp_path) for rows in (told, shuffled))

    assert [row[:5] for row in one] == [row[:5] for row in other]


def test_a_position_is_one_in_the_file_it_is_said_to_be_in(tmp_path: Path) -> None:
    told: list[Told] = [("1990", "ren", "1", "a", "1", "b"), ("2000", "ren", "1", "b", "1", "c")]

    found = by_the_engine([("1", "d"), ("1", "c")], told, tmp_path)

    assert {row[1]: row[5:] for row in found} == {"a": (None, False), "b": (2, False), "c": (3, False), "d": (2, True)}


def test_keys_name_their_parent_by_the_way_they_are_built() -> None:
    spec = RegisterPiece(
        **{field: getattr(SPEC, field) for field in SPEC.__struct_fields__} | {"hierarchy": [2, 4, 6, 9, 12]}
    )
    keys = ["320508001002", "320508001000", "320508000000", "320500000000", "320000000000"]

    asked = ", ".join(history.parent_key(spec, literal(key)) for key in keys)

    assert duckdb.connect().execute(f"SELECT {asked}").fetchone() == (*keys[1:], None)
