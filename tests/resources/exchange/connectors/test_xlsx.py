"""An office's workbook: titles, merged headings, footnotes, dates of every kind."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from tests.resources.exchange.connectors.contract import (
    COLUMNS,
    ROWS,
    Cells,
    ConnectorContract,
    Place,
    landed,
    received,
    standing,
)

from gusu.resources.exchange.connections import keep
from gusu.resources.exchange.models import BatchState

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and not value.startswith("day:"):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    if isinstance(value, str):
        return f'<c r="{place}" s="1"><v>{value.removeprefix("day:")}</v></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def workbook(path: Path, rows: Sequence[Sequence[object]], merged: Sequence[str] = (), sheet: str = "名单") -> None:
    """rows: every row of the sheet from 1; None is an empty cell, `day:45000` a date cell."""
    lines = [
        f'<row r="{number}">' + "".join(cell(f"{chr(65 + at)}{number}", it) for at, it in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, start=1)
        if any(it is not None for it in row)
    ]
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    merges = f'<mergeCells count="{len(merged)}">{merges}</mergeCells>' if merged else ""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{OFFICE}/styles" '
        'Target="styles.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {SPACE} xmlns:r="{OFFICE}"><sheets><sheet name="{sheet}" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/styles.xml": f'<styleSheet {SPACE}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        "</styleSheet>",
        "xl/worksheets/sheet1.xml": f"<worksheet {SPACE}><sheetData>{''.join(lines)}</sheetData>{merges}</worksheet>",
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)


@dataclass
class Office(Place):
    connector: str = "xlsx"
    first: int = 4
    folder: Path = field(default_factory=Path)

    @property
    def file(self) -> Path:
        return self.folder / "月报_202610.xlsx"

    def put(self, rows: Sequence[Cells], columns: Sequence[str] = COLUMNS) -> None:
        workbook(self.file, [["名单（演示数据）"], [None], columns, *rows, ["注：演示数据。"]], ["A1:C1"])

    def lose(self) -> None:
        self.file.unlink()


@pytest.fixture
def place(own_keys: None, tmp_path: Path) -> Office:
    keep("civil_affairs", {"folder": str(tmp_path)})
    settings = {
        "connection": "civil_affairs",
        "pattern": "月报_*.xlsx",
        "sheet": "名单",
        "heading_rows": [3, 3],
        "footnotes": ["注"],
    }
    return Office(settings=settings, folder=tmp_path)


class TestXlsx(ConnectorContract):
    pass


@pytest.mark.django_db
def test_dates_numbers_blank_rows_and_footnotes_are_what_a_person_sees(place: Office) -> None:
    rows: list[list[object]] = [
        ["名单"],
        [None],
        ["code", "name", "at"],
        [1, "a", "day:45000"],
        [None],
        [2.5, "注：a name that begins so", "day:45000.5"],
        ["注册一", "b", 320508],
        [320501198001010000, "c", "2026年1月2日"],
        ["合计", None, 4],
        ["注：演示数据", None, None],
        ["注：又注", None, None],
    ]
    workbook(place.file, rows)
    place.settings["footnotes"] = ["注：", "合计"]

    batch = received(standing(place))

    assert landed(batch) == [
        (4, "1", "a", "2023-03-15"),
        (6, "2.5", "注：a name that begins so", "2023-03-15T12:00:00"),
        (7, "注册一", "b", "320508"),
        (8, "320501198001010000", "c", "2026年1月2日"),
    ]


@pytest.mark.django_db
def test_a_heading_of_two_rows_is_read_with_what_stands_over_it(place: Office) -> None:
    heading: list[list[object]] = [["序号", "申请人", None, None], [None, "code", "name", "at"]]
    workbook(place.file, [["t"], *heading, [1, "c", "n", "d"]], ["A1:D1", "A2:A3", "B2:D2"])
    place.settings["heading_rows"] = [2, 3]

    assert landed(received(standing(place))) == [(4, "c", "n", "d")]


MOVED: dict[str, tuple[list[object], str]] = {
    "moved": (["name", "code", "at"], "code"),
    "renamed": (["code", "姓名", "at"], "name"),
    "twice": (["code", "name", "name", "at"], "name"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", MOVED)
def test_a_column_that_is_elsewhere_is_named(name: str, place: Office) -> None:
    heading, missing = MOVED[name]
    workbook(place.file, [["t"], [None], heading, ["1", "2", "3", "4"]])

    batch = received(standing(place))

    assert batch.refused_code == "wrong_columns"
    assert missing in batch.refused_en


@pytest.mark.django_db
def test_another_sheet_and_half_a_workbook_are_refused(place: Office) -> None:
    workbook(place.file, [["t"], [None], COLUMNS, ["1", "2", "3"]], sheet="别的")
    exchange = standing(place)
    first = received(exchange)
    place.file.write_bytes(place.file.read_bytes()[:-100])

    assert (first.refused_code, received(exchange).refused_code) == ("sheet_missing", "not_a_workbook")


@pytest.mark.django_db
def test_each_months_workbook_adds_to_those_before(place: Office) -> None:
    place.settings["each"] = "changes"
    place.put(ROWS)
    exchange = standing(place)
    workbook(place.folder / "月报_202611.xlsx", [["t"], [None], COLUMNS, ["9", "n", "d"]])

    batches = [received(exchange) for _ in range(3)]

    assert [(batch.state, batch.complete, batch.rows) for batch in batches] == [
        (BatchState.LANDED, True, len(ROWS)),
        (BatchState.LANDED, False, 1),
        (BatchState.UNCHANGED, False, None),
    ]
