"""Receiving a file: landed as it is, or refused with what, where and what to do - and then nothing else has changed."""

import csv
import io
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.committing import at_once
from tests.resources.road import BY, COLUMNS, HEADING, declare, receive

from gusu.kernel.engine import duck
from gusu.kernel.engine.errors import EngineRefused
from gusu.kernel.events.models import OutboxEvent
from gusu.kernel.lake.models import LakeFile
from gusu.resources.exchange.actions import drop, open_batch, receive_batch, sweep_drops
from gusu.resources.exchange.connectors.contract import Asked, Source
from gusu.resources.exchange.connectors.csv import connector
from gusu.resources.exchange.errors import BadInput, SourceMissing
from gusu.resources.exchange.models import Batch, BatchState, Exchange
from gusu.resources.exchange.queries import files_of

MIB = 1 << 20


@pytest.fixture
def exchange(db: None) -> Exchange:
    return declare()


def landed(batch: Batch) -> list[tuple[Any, ...]]:
    """(position, cells…) of every row in the lake."""
    [rows] = duck.run([f"SELECT _position, {', '.join(COLUMNS)} FROM {duck.files(files_of(batch))} ORDER BY 1"])
    return [tuple(row) for row in rows]


def spread(content: bytes, at: int) -> bytes:
    """`content` moved so that its last byte but one stands right before byte `at` of the file."""
    start = HEADING + b"\n1,"
    return start + b"x" * (at - len(start) - 1) + content


GOOD: dict[str, tuple[bytes, list[tuple[Any, ...]]]] = {
    "plain": (b"1,a,b\n2,c,d\n", [(2, "1", "a", "b"), (3, "2", "c", "d")]),
    "without a last line end": (b"1,a,b", [(2, "1", "a", "b")]),
    "CRLF": (b"1,a,b\r\n2,c,d\r\n", [(2, "1", "a", "b"), (3, "2", "c", "d")]),
    "line breaks in quotes": (b'1,"a\n\nb","c\r\nd"\n2,e,f\n', [(2, "1", "a\n\nb", "c\r\nd"), (3, "2", "e", "f")]),
    "quotes in quotes": (b'1,"say ""hi""",b\n', [(2, "1", 'say "hi"', "b")]),
    "formulas": (b"=1+1,@SUM(A1),+cmd|'/c calc'!A1\n", [(2, "=1+1", "@SUM(A1)", "+cmd|'/c calc'!A1")]),
    "blanks kept": (b" 1 ,a b,  \n", [(2, " 1 ", "a b", "  ")]),
    "empty is missing": (b'1,,""\n', [(2, "1", None, None)]),
    "astral": ("1,𠀀🏯,é\n".encode(), [(2, "1", "𠀀🏯", "é")]),
    "blank lines at the end": (b"1,a,b\n\n\n", [(2, "1", "a", "b")]),
    "other line separators": ("1,a\u2028b,c\x0bd\x85\n".encode(), [(2, "1", "a\u2028b", "c\x0bd\x85")]),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_lands_as_it_is_with_the_row_numbers_of_a_spreadsheet(
    name: str, exchange: Exchange, tmp_path: Path
) -> None:
    body, rows = GOOD[name]
    end = b"\r\n" if name == "CRLF" else b"\n"
    place = tmp_path / "people.csv"
    place.write_bytes(HEADING + end + body)

    batch = receive(exchange, place)

    assert (batch.state, batch.refused_code) == (BatchState.LANDED, "")
    assert landed(batch) == rows
    assert batch.rows == len(rows)
    assert batch.digest_source == batch.digest_landed
    assert batch.digest_source.startswith(f"{len(rows)}:")


def test_a_byte_order_mark_is_no_part_of_the_first_column(exchange: Exchange, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbf" + HEADING + b"\n1,a,b\n")

    batch = receive(exchange, tmp_path / "x.csv")

    assert landed(batch) == [(2, "1", "a", "b")]


BAD: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "GB18030": (HEADING + b"\n1,\xcb\xd5\xd6\xdd,b\n", "wrong_encoding", {"byte": 18}),
    "UTF-16": ("\ufeffcode".encode("utf-16-le"), "wrong_encoding", {"byte": 1}),
    "cut inside a character": (HEADING + "\n1,苏".encode()[:-1], "wrong_encoding", {"byte": 18}),
    "cut inside a character just at a mebibyte": (spread(b"\xe8", MIB), "wrong_encoding", {"byte": MIB}),
    "wrong byte just after a mebibyte": (spread(b"\xe8\xff", MIB), "wrong_encoding", {"byte": MIB}),
    "NUL": (HEADING + b"\n1,a\0b,c\n", "nul_byte", {"byte": 19}),
    "NUL in the second mebibyte": (spread(b"\0", MIB + 1), "nul_byte", {"byte": MIB + 1}),
    "nothing at all": (b"", "wrong_columns", {"at": 1, "wanted": "code", "missing": "code, name, note", "count": 0}),
    "a heading alone": (HEADING + b"\n", "nothing_inside", {}),
    "a heading and blank lines": (HEADING + b"\n\n\n", "nothing_inside", {}),
    "no heading": (b"1,a,b\n", "wrong_columns", {"at": 1, "wanted": "code", "missing": "code, name, note", "count": 3}),
    "a column misnamed": (b"code,nmae,note\n1,a,b\n", "wrong_columns", {"at": 2, "wanted": "name", "missing": "name"}),
    "columns moved": (b"code,note,name\n1,a,b\n", "wrong_columns", {"at": 2, "wanted": "name", "missing": "—"}),
    "a column missing": (
        b"code,name\n1,a\n",
        "wrong_columns",
        {"at": 3, "wanted": "note", "missing": "note", "count": 2},
    ),
    "a column too many": (
        HEADING + b",more\n1,a,b,c\n",
        "wrong_columns",
        {"at": 4, "wanted": "—", "missing": "—", "count": 4},
    ),
    "a short row": (HEADING + b"\n1,a,b\n2,c\n", "broken_rows", {"line": 3, "count": 2, "expected": 3}),
    "a long row": (HEADING + b'\n1,"a\nb",c\n2,d,e,f\n', "broken_rows", {"line": 4, "count": 4, "expected": 3}),
    "cut in the middle of a row": (HEADING + b"\n1,a,b\n2,", "broken_rows", {"line": 3, "count": 2}),
    "cut in a quoted cell": (HEADING + b'\n1,a,b\n2,c,"d\ne\nf', "broken_quotes", {"line": 3}),
    "words after a quote": (HEADING + b'\n1,"a"b,c\n', "broken_quotes", {"line": 2}),
    "a quote never closed": (HEADING + b'\n1,"a,b\n2,c,d\n3,e,f\n', "broken_quotes", {"line": 2}),
    "a cell of ten megabytes": (HEADING + b"\n1,a,b\n2," + b"x" * 10_000_000 + b",b\n", "line_too_long", {"line": 3}),
    "cells of ten megabytes together": (
        HEADING + b"\n1," + b"x" * 1_500_000 + b"," + b"y" * 1_500_000 + b"\n",
        "line_too_long",
        {"line": 2},
    ),
    "line ends mixed": (HEADING + b"\n1,a,b\r\n2,c,d\n3,e,f\r4,g,h\n", "mixed_line_ends", {}),
    "a blank line between": (HEADING + b"\n1,a,b\n\n2,c,d\n", "blank_line", {"line": 3}),
    "a blank line between, CRLF": (HEADING + b"\r\n1,a,b\r\n\r\n2,c,d\r\n", "blank_line", {"line": 3}),
    "a blank line first": (HEADING + b"\n\n1,a,b\n", "blank_line", {"line": 2}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_what_where_and_what_to_do(name: str, exchange: Exchange, tmp_path: Path) -> None:
    body, code, where = BAD[name]
    (tmp_path / "people.csv").write_bytes(body)

    batch = receive(exchange, tmp_path / "people.csv")

    assert (batch.state, batch.refused_code) == (BatchState.REFUSED, code)
    for said, stop in ((batch.refused_zh, "。"), (batch.refused_en, ".")):
        assert "people.csv" in said
        assert said.endswith(stop)
        assert [value for value in where.values() if str(value) not in said] == []
    assert (batch.rows, batch.digest_landed, batch.source_sha256, batch.landed_at) == (None, "", "", None)
    assert LakeFile.objects.count() == 0
    assert [row.name for row in OutboxEvent.objects.order_by("pk")] == [
        "exchange.batch_opened",
        "exchange.batch_closed",
    ]


def test_a_file_that_is_not_there_is_refused(exchange: Exchange, tmp_path: Path) -> None:
    batch = receive(exchange, tmp_path / "gone.csv")

    assert (batch.state, batch.refused_code) == (BatchState.REFUSED, "source_missing")


def test_an_exchange_without_a_place_of_its_own_says_so(exchange: Exchange) -> None:
    exchange.pack = "suzhou"
    exchange.save()

    with pytest.raises(SourceMissing):
        open_batch(exchange, by=BY)


def test_too_little_memory_refuses_no_batch(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.csv").write_bytes(HEADING + b"\n1,a,b\n")
    batch = open_batch(exchange, by=BY, source=str(tmp_path / "x.csv"))
    monkeypatch.setenv("GUSU_ENGINE_MEMORY", "1MB")

    with pytest.raises(EngineRefused):
        receive_batch(batch, by=BY)

    batch.refresh_from_db()
    assert batch.state == BatchState.OPENED
    monkeypatch.delenv("GUSU_ENGINE_MEMORY")
    assert receive_batch(batch, by=BY) is True


def test_the_same_bytes_again_are_unchanged_and_a_corrected_file_is_a_new_batch(
    exchange: Exchange, tmp_path: Path
) -> None:
    place = tmp_path / "x.csv"
    states = []
    for body in (b"1,a,b", b"1,a,b", b"1,A,b", b"1,a", b"1,A,b", b"1,a,b"):
        place.write_bytes(HEADING + b"\n" + body)
        states.append(receive(exchange, place).state)

    assert states == ["landed", "unchanged", "landed", "refused", "unchanged", "landed"]
    assert list(exchange.batches.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert LakeFile.objects.count() == 3


def test_receiving_a_received_batch_again_changes_nothing(exchange: Exchange, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(HEADING + b"\n1,a,b\n")
    batch = receive(exchange, tmp_path / "x.csv")

    assert receive_batch(batch, by=BY) is False
    assert LakeFile.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_batches_opened_at_once_have_a_number_each() -> None:
    exchange = declare()

    at_once(*[lambda: [open_batch(exchange, by=BY, source="/x.csv") for _ in range(3)]] * 5)

    assert sorted(exchange.batches.values_list("number", flat=True)) == list(range(1, 16))


# What the engine reads is what a CSV reader reads


def opened(folder: Path, columns: list[str]) -> Source:
    source = connector.source(Asked(settings={}, columns=columns, spool=folder, path=folder / "x.csv"))
    assert source is not None
    return source


CELL = st.text(st.sampled_from('a1 ,"\n\r苏𠀀=;\t\\'), max_size=5)


@given(rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6), end=st.sampled_from(["\n", "\r\n"]))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read(rows: list[tuple[str, str, str]], end: str, tmp_path: Path) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *rows])
    (tmp_path / "x.csv").write_text(text.getvalue(), encoding="utf-8", newline="")

    source = opened(tmp_path, COLUMNS)

    read = duckdb.connect().execute(f"SELECT * FROM {source.relation}").fetchall()
    assert read == [tuple(cell or None for cell in row) for row in rows]


@given(body=st.text(st.sampled_from('a,"\n\r '), max_size=14))
@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_is_read_row_by_row_or_refused(body: str, tmp_path: Path) -> None:
    """No file is read with rows lost, added or moved: the engine's row numbers are those of an independent reader."""
    (tmp_path / "x.csv").write_text("p,q\n" + body, encoding="utf-8", newline="")
    try:
        source = opened(tmp_path, ["p", "q"])
        read = duckdb.connect().execute(f"SELECT * FROM {source.relation}").fetchall()
    except (BadInput, duckdb.Error):
        return

    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        _, *records = csv.reader(file)
    while records and not records[-1]:
        records.pop()
    assert len(read) == len(records)


# Files delivered by hand


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("people.csv", "people.csv"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..", ".."),
        ("a\nb\0c d.csv", "a_b_c_d.csv"),
        ("<b>&'\".csv", "_b_.csv"),
        ("名" * 100 + ".csv", "名" * 56 + ".csv"),
        ("", ""),
    ],
)
def test_a_delivered_files_name_cannot_leave_the_folder(name: str, kept: str) -> None:
    place = Path(drop(name, [b"a", b"b"]))

    assert place.parent == Path(settings.DATA) / "drops"
    assert place.name.split("-", 1)[1] == kept
    assert place.read_bytes() == b"ab"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    place.unlink()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    ("body", "state"), [(b"\n1,a,b\n", "landed"), (b"\n1,a\n", "refused"), (b"\n1,a,b\n", "unchanged")]
)
def test_a_delivered_file_is_gone_once_it_is_received_or_refused(body: bytes, state: str, tmp_path: Path) -> None:
    exchange = declare()
    (tmp_path / "own.csv").write_bytes(HEADING + b"\n1,a,b\n")
    if state == "unchanged":
        receive(exchange, tmp_path / "own.csv")
    place = Path(drop("people.csv", [HEADING, body]))

    batch = open_batch(exchange, by=BY, source=str(place))
    assert place.exists()
    receive_batch(batch, by=BY)

    batch.refresh_from_db()
    assert batch.state == state
    assert not place.exists()
    assert (tmp_path / "own.csv").exists()


@pytest.mark.usefixtures("committed")
def test_a_delivered_file_stays_while_its_batch_waits_and_what_nobody_waits_for_is_swept() -> None:
    exchange = declare()
    waiting, left = Path(drop("a.csv", [HEADING])), Path(drop("b.csv", [HEADING]))
    open_batch(exchange, by=BY, source=str(waiting))

    assert sweep_drops() == 0
    assert sweep_drops(older_than=timedelta(seconds=-5)) == 1
    assert (waiting.exists(), left.exists()) == (True, False)
    waiting.unlink()


def test_listing_batches_asks_as_much_for_thirty_as_for_one(exchange: Exchange, django_assert_num_queries: Any) -> None:
    from gusu.resources.exchange.queries import batches, exchanges

    for count in (1, 29):
        for _ in range(count):
            open_batch(exchange, by=BY, source="/x.csv")
        with django_assert_num_queries(1):
            names = [str(batch) for batch in batches()]
        with django_assert_num_queries(1):
            [standing] = exchanges()
    assert names == [f"people/{number:06d}" for number in range(30, 0, -1)]
    assert standing.last_number == 30
