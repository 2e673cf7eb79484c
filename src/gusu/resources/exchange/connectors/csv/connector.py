"""CSV files (RFC 4180) in UTF-8, with or without a byte order mark.

settings: file (where the first batch is read from, relative to the pack).

A position is a record's row number as a spreadsheet shows it: the heading is row 1.  Where no cell holds a line break
it is also the line number; refusals name the line on which the record begins, for whoever opens a text editor.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gusu.kernel.engine.duck import literal
from gusu.resources.exchange.connectors.contract import Source
from gusu.resources.exchange.errors import (
    BlankLine,
    BrokenQuotes,
    BrokenRows,
    LineTooLong,
    MixedLineEnds,
    NothingInside,
    NulByte,
    SourceMissing,
    WrongColumns,
    WrongEncoding,
)

CHUNK = 1 << 20
HEADER_AND_ONE = 2
LONGEST_LINE = 2_000_000  # bytes of a record; the engine's own limit
TWO_LINE_ENDS = re.compile(rb"(?>\r\n|\n|\r)[\r\n]")


def source(path: Path, settings: Mapping[str, Any], columns: list[str]) -> Source:
    """See the contract. The file is read once here, to hash it and prove its bytes, and once in the engine."""
    if not path.is_file():
        raise SourceMissing(place=path.name)
    digest, has_two_line_ends_together = _prove_bytes(path)
    _prove_header(path, columns)
    if has_two_line_ends_together:  # the engine steps over blank lines, and each position after would be another's
        _find_fault(path, columns)
    names = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    options = f"header=true, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', columns={{{names}}}"
    return Source(
        relation=f"read_csv({literal(str(path))}, {options}, max_line_size={LONGEST_LINE})",
        position_offset=HEADER_AND_ONE,
        sha256=digest,
        place=path.name,
        diagnose=lambda: _diagnose(path, columns),
    )


def _prove_bytes(path: Path) -> tuple[str, bool]:
    """(sha256, whether two line ends stand together).  WrongEncoding, NulByte."""
    hashed, decoder, done, together, tail = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0, False, b""
    for chunk in _chunks(path):
        hashed.update(chunk)
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise WrongEncoding(place=path.name, byte=done - waiting + error.start + 1, encoding="UTF-8") from None
        if (nul := chunk.find(b"\0")) >= 0:
            raise NulByte(place=path.name, byte=done + nul + 1)
        together = together or TWO_LINE_ENDS.search(tail + chunk) is not None
        done, tail = done + len(chunk), chunk[-3:]
    return hashed.hexdigest(), together


def _prove_header(path: Path, columns: list[str]) -> None:
    """Names only what the entry says: a file without its heading has a person's record where the names should be."""
    records = _records(path)
    _, header = next(records, (1, []))
    if header != columns:
        padded = [*header, *[""] * len(columns)]
        at = next((place for place, wanted in enumerate(columns) if padded[place] != wanted), len(columns))
        raise WrongColumns(
            place=path.name,
            at=at + 1,
            wanted=columns[at] if at < len(columns) else "—",
            missing=", ".join(column for column in columns if column not in header) or "—",
            count=len(header),
            number=len(columns),
        )
    if all(not row for _, row in records):
        raise NothingInside(place=path.name)


def _diagnose(path: Path, columns: list[str]) -> None:
    _find_fault(path, columns)
    with path.open(encoding="utf-8", newline="") as file:
        for _ in file:
            if isinstance(file.newlines, tuple):
                raise MixedLineEnds(place=path.name)


def _find_fault(path: Path, columns: list[str]) -> None:
    """The line is what the department needs to mend its file: the one on which the first faulty record begins."""
    blank = 0
    for line, row in _records(path):
        if not row and len(columns) > 1:
            blank = blank or line
            continue
        if blank:
            raise BlankLine(place=path.name, line=blank)
        if row and len(row) != len(columns):
            raise BrokenRows(place=path.name, line=line, expected=len(columns), count=len(row))
        if sum(len(cell.encode()) for cell in row) > LONGEST_LINE:
            raise LineTooLong(place=path.name, line=line, longest=LONGEST_LINE)


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on.  BrokenQuotes, LineTooLong."""
    csv.field_size_limit(LONGEST_LINE)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader, line = csv.reader(file, strict=True), 1
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "field limit" in str(error):
                    raise LineTooLong(place=path.name, line=line, longest=LONGEST_LINE) from None
                raise BrokenQuotes(place=path.name, line=line) from None
            yield line, row
            line = reader.line_num + 1


def _chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, and at its end nothing."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
    yield b""
