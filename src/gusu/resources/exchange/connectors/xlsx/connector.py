"""Excel workbooks (ISO/IEC 29500) as offices fill them in: a title, a heading of several rows with merged cells, rows,
footnotes.

A column is known by its heading: the lowest cell of it, or all of them from top to bottom (申请人 over 姓名 is 姓名 and
申请人姓名).  A position is the sheet's own row number.  Rows that are blank are stepped over, and so is what stands at
the end and begins with one of the words of `footnotes`.  Dates become ISO 8601, whole numbers lose their point.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from gusu.kernel.engine.duck import literal
from gusu.resources.exchange.connectors.contract import Asked, Source, texts
from gusu.resources.exchange.connectors.deliveries import Delivered, delivered, sha256_of
from gusu.resources.exchange.errors import ColumnsMissing, NotAWorkbook, SheetMissing, TooLarge, WrongSettings

LARGEST = 2 << 30  # bytes, unpacked
EXACT = 10**15  # a workbook's numbers have fifteen digits; a longer one shows zeros after them
Row = list[Any]


class Settings(Delivered, frozen=True, kw_only=True):
    """sheet: its name.  heading_rows: the first and the last row of the heading.  footnotes: how lines that are no
    records begin, where they stand at the end: 注, 合计.
    """

    sheet: str
    heading_rows: tuple[int, int] = (1, 1)
    footnotes: list[str] = []


def source(asked: Asked) -> Source | None:
    """See the contract. Rows become a CSV in the spool, one pass over the sheet."""
    settings = asked.set_as(Settings)
    if not 1 <= settings.heading_rows[0] <= settings.heading_rows[1]:
        raise WrongSettings
    delivery = delivered(asked, settings)
    if delivery is None:
        return None
    place = delivery.path.name
    sheet = _sheet(delivery.path, settings.sheet)
    spooled = asked.spool / "rows.csv"
    try:
        rows = iter(sheet.iter_rows())
        _spool(sheet, rows, spooled, asked.columns, settings, place)
    except CalamineError:
        raise NotAWorkbook(place=place) from None
    form = "header=false, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', max_line_size=16000000"
    return Source(
        relation=f"read_csv({literal(str(spooled))}, {form}, columns={{'_row': 'BIGINT', {texts(asked.columns)}}})",
        place=f"{place}/{settings.sheet}",
        position="_row",
        sha256=sha256_of(delivery.path),
        complete=delivery.complete,
        cursor=delivery.cursor,
    )


def _sheet(path: Path, name: str) -> CalamineSheet:
    """NotAWorkbook, TooLarge, SheetMissing."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                raise TooLarge(place=path.name, longest=LARGEST)
        return CalamineWorkbook.from_path(path).get_sheet_by_name(name)
    except WorksheetNotFound:
        raise SheetMissing(place=path.name, sheet=name) from None
    except (CalamineError, zipfile.BadZipFile, OSError):
        raise NotAWorkbook(place=path.name) from None


def _spool(
    sheet: CalamineSheet, rows: Iterator[Row], file: Path, columns: list[str], settings: Settings, place: str
) -> None:
    before = (sheet.start or (0, 0))[0]  # the reader begins at the first row that has anything
    first, last = settings.heading_rows
    numbered = enumerate(rows, start=before + 1)
    heading = [row for number, row in _until(numbered, last) if number >= first]
    at = _columns(heading, _merged(sheet, first, last), columns, f"{place}/{settings.sheet}")
    with file.open("w", encoding="utf-8", newline="") as spool:
        csv.writer(spool, lineterminator="\n").writerows(_records(numbered, at, tuple(settings.footnotes)))


def _until(numbered: Iterator[tuple[int, Row]], last: int) -> Iterator[tuple[int, Row]]:
    for number, row in numbered:
        yield number, row
        if number >= last:
            return


def _merged(sheet: CalamineSheet, first: int, last: int) -> list[tuple[int, int, int]]:
    """(row within the heading, first column, last column) of cells merged across columns."""
    ranges = sheet.merged_cell_ranges or []
    return [(top[0] - first + 1, top[1], end[1]) for top, end in ranges if first - 1 <= top[0] < last]


def _columns(heading: list[Row], merged: list[tuple[int, int, int]], columns: list[str], place: str) -> list[int]:
    """Where each item stands. ColumnsMissing names those that are not there, are there twice, or stand out of order."""
    words = [["".join(str(cell).split()) for cell in row] for row in heading]
    for row, start, end in merged:
        if row < len(words):
            words[row][start : end + 1] = [words[row][start]] * len(words[row][start : end + 1])
    stacks = [[word for word in stack if word] for stack in zip(*words, strict=False)]
    lowest = [stack[-1] if stack else "" for stack in stacks]
    whole = ["".join(stack) for stack in stacks]
    found = [_only(column, whole, lowest) for column in columns]
    missing = [column for column, at in zip(columns, found, strict=True) if at < 0]
    moved = [name for name, here, after in zip(columns, found, found[1:], strict=False) if here > after]
    if missing or moved:
        raise ColumnsMissing(place=place, missing=", ".join(missing or moved))
    return found


def _only(column: str, *by: list[str]) -> int:
    """The one place that has this name, in the first list where one has; -1 where none or several have."""
    for names in by:
        if names.count(column) == 1:
            return names.index(column)
    return -1


def _records(numbered: Iterable[tuple[int, Row]], at: list[int], footnotes: tuple[str, ...]) -> Iterator[list[Any]]:
    """[row number, cells…], without blank rows; a footnote is given out only when a record follows it after all."""
    kept_back: list[list[Any]] = []
    for number, row in numbered:
        first = next((cell for cell in row if cell != ""), "")
        if first == "":
            continue
        record = [number, *[_text(row[place]) for place in at]]
        if footnotes and isinstance(first, str) and first.startswith(footnotes):
            kept_back.append(record)
            continue
        yield from kept_back
        kept_back.clear()
        yield record


def _text(cell: Any) -> str:
    """A cell as the text a contract speaks of; an empty one is missing."""
    if type(cell) is str:
        return cell
    if type(cell) is float:
        exact = cell.is_integer() and abs(cell) < EXACT
        return str(int(cell)) if exact else f"{Decimal(f'{cell:.15g}'):f}"
    if type(cell) is datetime and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return str(cell).upper() if isinstance(cell, (bool, timedelta)) else str(cell)
