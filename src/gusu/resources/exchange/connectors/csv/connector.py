"""CSV files (RFC 4180) in UTF-8, with or without a byte order mark.

settings: file (where the first batch is read from, relative to the pack).
"""

import codecs
import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gusu.kernel.engine.duck import literal
from gusu.resources.exchange.connectors.contract import Source
from gusu.resources.exchange.errors import BrokenRows, NothingInside, SourceMissing, WrongColumns, WrongEncoding

CHUNK = 1 << 20
HEADER_AND_ONE = 2


def source(path: Path, settings: Mapping[str, Any], columns: list[str]) -> Source:
    """See the contract. The file is read once here, to hash it and prove its encoding, and once in the engine."""
    if not path.is_file():
        raise SourceMissing(place=path.name)
    digest = _prove_encoding(path)
    _prove_header(path, columns)
    names = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    options = f"header=true, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', columns={{{names}}}"
    return Source(
        relation=f"read_csv({literal(str(path))}, {options})",
        position_offset=HEADER_AND_ONE,
        sha256=digest,
        place=path.name,
        diagnose=lambda: _find_ragged_row(path, columns),
    )


def _prove_encoding(path: Path) -> str:
    hashed, decoder, done = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0
    for chunk in _chunks(path):
        hashed.update(chunk)
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=len(chunk) < CHUNK)
        except UnicodeDecodeError as error:
            raise WrongEncoding(place=path.name, byte=done - waiting + error.start, encoding="UTF-8") from None
        done += len(chunk)
    return hashed.hexdigest()


def _prove_header(path: Path, columns: list[str]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if header != columns:
            missing, extra = (set(columns) - set(header), set(header) - set(columns))
            raise WrongColumns(place=path.name, missing=_listed(missing), extra=_listed(extra))
        if next(reader, None) is None:
            raise NothingInside(place=path.name)


def _find_ragged_row(path: Path, columns: list[str]) -> None:
    """Only once the engine has refused the file: the line is what the department needs to mend it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for row in reader:
            if len(row) != len(columns):
                raise BrokenRows(place=path.name, line=reader.line_num, expected=len(columns))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "—"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
