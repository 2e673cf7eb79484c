"""A department's folder of files: in GB 18030, with control files, one after the other."""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.resources.exchange.connectors.contract import (
    COLUMNS,
    ROWS,
    Cells,
    ConnectorContract,
    Place,
    received,
    standing,
)

from gusu.resources.exchange.connections import keep
from gusu.resources.exchange.connectors.csv.connector import _prove_bytes
from gusu.resources.exchange.errors import WrongEncoding
from gusu.resources.exchange.models import BatchState


@dataclass
class Folder(Place):
    connector: str = "csv"
    first: int = 2
    folder: Path = field(default_factory=Path)
    encoding: str = "gb18030"

    def put(self, rows: Sequence[Cells], columns: Sequence[str] = COLUMNS) -> None:
        self.deliver("20261123", rows, columns)

    def lose(self) -> None:
        for file in self.folder.glob("参保人员_*"):
            file.unlink()

    def deliver(self, day: str, rows: Sequence[Cells], columns: Sequence[str] = COLUMNS, kind: str = "全量") -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows([columns, *rows])
        content = text.getvalue().encode(self.encoding)
        (self.folder / f"参保人员_{day}.csv").write_bytes(content)
        self.control(day, 记录数=len(rows), SHA256=hashlib.sha256(content).hexdigest().upper(), 方式=kind)

    def control(self, day: str, **said: object) -> None:
        lines = "".join(f"{key}={value}\r\n" for key, value in said.items())
        (self.folder / f"参保人员_{day}.ctl").write_bytes(lines.encode(self.encoding))


@pytest.fixture
def place(own_keys: None, tmp_path: Path) -> Folder:
    keep("human_resources", {"folder": str(tmp_path)})
    said = {"connection": "human_resources", "pattern": "参保人员_*.csv", "encoding": "gb18030", "control": "ctl"}
    return Folder(settings=said, folder=tmp_path)


class TestCsv(ConnectorContract):
    pass


@pytest.mark.django_db
def test_files_are_taken_in_their_order_and_stay_where_they_are(place: Folder) -> None:
    place.deliver("20261120", [("old", "o", "a")])
    place.put(ROWS)
    place.deliver("20261125", [("9", "n", "b"), ("1", "n", "b")], kind="增量")
    place.deliver("20261124", [("8", "n", "a")], kind="增量")
    exchange = standing(place)
    before = sorted(place.folder.glob("*"))

    batches = [received(exchange) for _ in range(4)]

    assert [(batch.source, batch.state, batch.complete, batch.told_rows) for batch in batches] == [
        ("参保人员_20261123.csv", BatchState.LANDED, True, len(ROWS)),
        ("参保人员_20261124.csv", BatchState.LANDED, False, 1),
        ("参保人员_20261125.csv", BatchState.LANDED, False, 2),
        ("", BatchState.UNCHANGED, False, None),
    ]
    assert sorted(place.folder.glob("*")) == before


@pytest.mark.django_db
def test_a_night_without_changes_is_unchanged_and_the_next_goes_on_from_it(place: Folder) -> None:
    place.put(ROWS)
    exchange = standing(place)
    received(exchange)
    place.deliver("20261124", [], kind="增量")
    place.deliver("20261125", [("9", "n", "b")], kind="增量")

    batches = [received(exchange), received(exchange)]

    assert [(batch.state, batch.source) for batch in batches] == [
        (BatchState.UNCHANGED, ""),
        (BatchState.LANDED, "参保人员_20261125.csv"),
    ]


@pytest.mark.django_db
def test_a_file_put_right_under_its_old_name_is_taken_again(place: Folder) -> None:
    place.put(ROWS)
    exchange = standing(place)
    received(exchange)
    place.put([*ROWS[:-1], ("7", "right", "a")])

    assert received(exchange).state == BatchState.LANDED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"记录数": 6}, "wrong_control", ["6", "7"]),
        ({"记录数": "many"}, "wrong_control", ["记录数"]),
        ({"SHA256": "0" * 64}, "wrong_control", ["SHA256"]),
        ({"字节数": 5}, "wrong_control", ["字节数", "5"]),
        ({"方式": "部分"}, "wrong_control", ["方式"]),
        (None, "control_missing", ["参保人员_20261123.ctl"]),
    ],
)
def test_what_its_control_says_must_hold(
    said: dict[str, object] | None, code: str, words: list[str], place: Folder
) -> None:
    place.put(ROWS)
    if said is None:
        (place.folder / "参保人员_20261123.ctl").unlink()
    else:
        place.control("20261123", **said)

    batch = received(standing(place))

    assert batch.refused_code == code
    assert [word for word in words if word not in batch.refused_zh] == []


@pytest.mark.django_db
def test_changes_before_everything_are_refused(place: Folder) -> None:
    place.deliver("20261124", ROWS, kind="增量")

    assert received(standing(place)).refused_code == "whole_missing"


@pytest.mark.django_db
def test_a_connection_nobody_kept_says_what_to_do(place: Folder) -> None:
    place.put(ROWS)
    place.settings["connection"] = "elsewhere"

    batch = received(standing(place))

    assert batch.refused_code == "connection_missing"
    assert "./gusu exchange connect elsewhere" in batch.refused_zh


@given(before=st.text(st.sampled_from("a苏𠀀é\n"), max_size=40), size=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_the_byte_that_is_wrong_is_told_wherever_the_pieces_are_cut(before: str, size: int) -> None:
    import tempfile
    from unittest.mock import patch

    good = before.encode("gb18030")
    with tempfile.NamedTemporaryFile() as file, patch("gusu.resources.exchange.connectors.deliveries.CHUNK", size):
        file.write(good + b"\xff\xffabc")
        file.flush()
        with pytest.raises(WrongEncoding) as refused:
            _prove_bytes(Path(file.name), "gb18030", lambda _: None)

    assert refused.value.values["byte"] == len(good) + 1
