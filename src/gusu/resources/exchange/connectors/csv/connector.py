"""CSV files (RFC 4180) in UTF-8, with or without a byte order mark, or in GB 18030.

A position is a record's row number as a spreadsheet shows it: the heading is row 1.  Where no cell holds a line break
it is also the line number; refusals name the line on which the record begins, for whoever opens a text editor.
"""

import codecs
import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gusu.kernel.engine.duck import literal
from gusu.resources.exchange.connectors.contract import Asked, Source, texts
from gusu.resources.exchange.connectors.csv.control import Control, control_of
from gusu.resources.exchange.connectors.deliveries import Delivered, chunks, delivered
from gusu.resources.exchange.errors import (
    BlankLine,
    BrokenQuotes,
    BrokenRows,
    LineTooLong,
    MixedLineEnds,
    NothingInside,
    NulByte,
    WrongColumns,
    WrongEncoding,
)

HEADER_AND_ONE = 2
LONGEST_LINE = 2_000_000  # bytes of a record; the engine's own limit
TWO_LINE_ENDS = (b"\n\n", b"\n\r", b"\r\r")  # of any kind, \r\n being one


class Settings(Delivered, frozen=True):
    """control: the ending of the control file that each delivery must have, e.g. `ctl`; it is in `encoding` too."""

    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    control: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A file as UTF-8 text: itself, or what it was turned into. name: the department's."""

    path: Path
    name: str
    sha256: str
    two_line_ends_together: bool


def source(asked: Asked) -> Source | None:
    """See the contract. The file is read once here, to hash it and prove its bytes, and then by the engine."""
    settings = asked.set_as(Settings)
    delivery = delivered(asked, settings, lambda path: _says(path, settings))
    if delivery is None:
        return None
    control = _control(delivery.path, settings, by_hand=asked.path is not None)
    if control:
        control.prove_size(delivery.path)  # first: a file cut inside a character is cut short, not badly encoded
    text = _text(delivery.path, asked.spool, settings.encoding)
    if control:
        control.prove(delivery.path, text.sha256)
    _prove_header(text, asked.columns)
    if delivery.complete:
        _prove_some(text)
    if text.two_line_ends_together:  # the engine steps over blank lines, and each position after would be another's
        _find_fault(text, asked.columns)
    names = texts(asked.columns)
    options = f"header=true, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', columns={{{names}}}"
    return Source(
        relation=f"read_csv({literal(str(text.path))}, {options}, max_line_size={LONGEST_LINE})",
        place=text.name,
        position=f"row_number() OVER () - 1 + {HEADER_AND_ONE}",
        sha256=text.sha256,
        complete=delivery.complete,
        cursor=delivery.cursor,
        told_rows=control.rows if control else None,
        diagnose=lambda: _diagnose(text, asked.columns),
    )


def _says(path: Path, settings: Settings) -> bool | None:
    control = _control(path, settings, by_hand=True)
    return control.complete if control else None


def _control(path: Path, settings: Settings, *, by_hand: bool) -> Control | None:
    """A file delivered by hand comes without its control file; whoever brings it has looked."""
    if not settings.control or (by_hand and not path.with_suffix(f".{settings.control}").is_file()):
        return None
    return control_of(path, settings.control, settings.encoding)


def _text(path: Path, spool: Path, encoding: str) -> Text:
    """The file proved to be text of its encoding, and as UTF-8.  WrongEncoding, NulByte."""
    if encoding == "utf-8":
        sha256, together = _prove_bytes(path, encoding, lambda _: None)
        return Text(path, path.name, sha256, together)
    turned = spool / "utf8.csv"
    with turned.open("w", encoding="utf-8", newline="") as file:
        sha256, together = _prove_bytes(path, encoding, file.write)
    return Text(turned, path.name, sha256, together)


def _prove_bytes(path: Path, encoding: str, write: Callable[[str], object]) -> tuple[str, bool]:
    """(sha256, whether two line ends stand together).  WrongEncoding, NulByte."""
    hashed, decoder, done, together, tail = hashlib.sha256(), codecs.getincrementaldecoder(encoding)(), 0, False, b""
    for chunk in chunks(path):
        hashed.update(chunk)
        waiting = len(decoder.getstate()[0])
        try:
            write(decoder.decode(chunk, final=not chunk))
        except UnicodeDecodeError as error:
            at = done - waiting + error.start + 1
            raise WrongEncoding(place=path.name, byte=at, encoding=encoding.upper()) from None
        if (nul := chunk.find(b"\0")) >= 0:
            raise NulByte(place=path.name, byte=done + nul + 1)
        seam = tail + chunk
        together = together or any(two in seam for two in TWO_LINE_ENDS)
        done, tail = done + len(chunk), chunk[-1:]
    return hashed.hexdigest(), together


def _prove_header(text: Text, columns: list[str]) -> None:
    """Names only what the entry says: a file without its heading has a person's record where the names should be."""
    _, header = next(_records(text), (1, []))
    if header != columns:
        padded = [*header, *[""] * len(columns)]
        at = next((place for place, wanted in enumerate(columns) if padded[place] != wanted), len(columns))
        raise WrongColumns(
            place=text.name,
            at=at + 1,
            wanted=columns[at] if at < len(columns) else "—",
            missing=", ".join(column for column in columns if column not in header) or "—",
            count=len(header),
            number=len(columns),
        )


def _prove_some(text: Text) -> None:
    records = _records(text)
    next(records)
    if all(not row for _, row in records):
        raise NothingInside(place=text.name)


def _diagnose(text: Text, columns: list[str]) -> None:
    _find_fault(text, columns)
    with text.path.open(encoding="utf-8", newline="") as file:
        for _ in file:
            if isinstance(file.newlines, tuple):
                raise MixedLineEnds(place=text.name)


def _find_fault(text: Text, columns: list[str]) -> None:
    """The line is what the department needs to mend its file: the one on which the first faulty record begins."""
    blank = 0
    for line, row in _records(text):
        if not row and len(columns) > 1:
            blank = blank or line
            continue
        if blank:
            raise BlankLine(place=text.name, line=blank)
        if row and len(row) != len(columns):
            raise BrokenRows(place=text.name, line=line, expected=len(columns), count=len(row))
        if sum(len(cell.encode()) for cell in row) > LONGEST_LINE:
            raise LineTooLong(place=text.name, line=line, longest=LONGEST_LINE)


def _records(text: Text) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on.  BrokenQuotes, LineTooLong."""
    csv.field_size_limit(LONGEST_LINE)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        reader, line = csv.reader(file, strict=True), 1
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "field limit" in str(error):
                    raise LineTooLong(place=text.name, line=line, longest=LONGEST_LINE) from None
                raise BrokenQuotes(place=text.name, line=line) from None
            yield line, row
            line = reader.line_num + 1
