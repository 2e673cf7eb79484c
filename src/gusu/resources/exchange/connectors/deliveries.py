"""Files that a department lays into a folder of its own, for the connectors that read files. We take, and leave the
folder as it is.

The connection's word `folder` says where; a pattern says which files, whose names sort by age.  The cursor is the name
of the file taken last: the next one in line is taken, or that same one again where nothing came after it, since it may
have been put right meanwhile.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import msgspec

from gusu.resources.exchange.connections import word_of
from gusu.resources.exchange.connectors.contract import Asked, Settings
from gusu.resources.exchange.errors import SourceMissing, WholeMissing

CHUNK = 1 << 20


class Delivered(Settings, frozen=True):
    """file: in the pack; or connection and pattern: `参保人员_*.csv` in the connection's `folder`.

    each: whether every file holds everything ("whole"), or only the first and each later one what came or changed
    since ("changes"); a control file that says so goes before it.
    """

    file: str = ""
    connection: str = ""
    pattern: str = "*"
    each: Literal["whole", "changes"] = "whole"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The file to read now. cursor: as the next batch is to be asked."""

    path: Path
    complete: bool
    cursor: str


class Last(msgspec.Struct, frozen=True):
    """What the cursor says: the file taken last, and whether it held everything."""

    file: str
    complete: bool


Says = Callable[[Path], bool | None]  # whether a file holds everything, where it says so itself


def delivered(asked: Asked, settings: Delivered, says: Says = lambda _: None) -> Delivery | None:
    """The next file in line; None when the one taken last is gone and none came after it.

    SourceMissing: there is no such file.  WholeMissing: there are only changes, and everything was never taken.
    """
    if asked.path is not None:
        return _by_hand(asked, asked.path, says)
    folder = Path(word_of(settings.connection, "folder"))
    names = _names(folder, settings.pattern)
    if not names:
        raise SourceMissing(place=settings.pattern)
    if not asked.cursor:
        return _first(folder, names, settings, says)
    last = msgspec.json.decode(asked.cursor, type=Last)
    later = [name for name in names if name > last.file]
    if later:
        told = says(folder / later[0])
        return _delivery(folder / later[0], settings.each == "whole" if told is None else told)
    return _delivery(folder / last.file, last.complete) if last.file in names else None


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, and at its end nothing."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
    yield b""


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _by_hand(asked: Asked, path: Path, says: Says) -> Delivery:
    if not path.is_file():
        raise SourceMissing(place=path.name)
    return Delivery(path, says(path) is not False, asked.cursor)


def _first(folder: Path, names: list[str], settings: Delivered, says: Says) -> Delivery:
    """Everything has to come first: the newest file that holds it, or the oldest where each adds to the one before."""
    if settings.each == "changes":
        return _delivery(folder / names[0], True)
    for name in reversed(names):
        if says(folder / name) is not False:
            return _delivery(folder / name, True)
    raise WholeMissing(place=settings.pattern)


def _names(folder: Path, pattern: str) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if fnmatchcase(entry.name, pattern) and entry.is_file())
    except OSError:
        raise SourceMissing(place=pattern) from None


def _delivery(path: Path, complete: bool) -> Delivery:
    return Delivery(path, complete, msgspec.json.encode(Last(path.name, complete)).decode())
