"""Control files (控制文件): a few `键=值` lines beside a delivery that say what it must hold."""

from dataclasses import dataclass
from pathlib import Path

from gusu.resources.exchange.errors import ControlMissing, WrongControl, WrongEncoding

LARGEST = 1 << 16
ROWS, SIZE, SHA256, KIND = "记录数", "字节数", "SHA256", "方式"
KINDS = {"全量": True, "增量": False}


@dataclass(frozen=True, slots=True)
class Control:
    """What a delivery says of itself; None or "" where it does not say."""

    place: str
    rows: int | None
    size: int | None
    sha256: str
    complete: bool | None

    def prove_size(self, path: Path) -> None:
        """WrongControl when the file has more or fewer bytes than were sent."""
        size = path.stat().st_size
        if self.size not in (None, size):
            raise WrongControl(place=path.name, item=SIZE, told=self.size, found=size)

    def prove(self, path: Path, sha256: str) -> None:
        """WrongControl when the file's bytes are not those that were sent."""
        if self.sha256 not in ("", sha256):
            raise WrongControl(place=path.name, item=SHA256, told=self.sha256, found=sha256)


def control_of(path: Path, ending: str, encoding: str) -> Control:
    """The control file beside `path`, of the same name with another ending. ControlMissing, WrongControl."""
    place = path.with_suffix(f".{ending}")
    if not place.is_file():
        raise ControlMissing(place=path.name, control=place.name)
    try:
        text = place.read_bytes()[:LARGEST].decode(encoding)
    except UnicodeDecodeError as error:
        raise WrongEncoding(place=place.name, byte=error.start + 1, encoding=encoding.upper()) from None
    words = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in text.splitlines())}
    kind = words.get(KIND, "")
    if kind not in ("", *KINDS):
        raise WrongControl(place=place.name, item=KIND, told="全量 / 增量", found="?")
    return Control(
        place.name,
        _number(place, words, ROWS),
        _number(place, words, SIZE),
        words.get(SHA256, "").lower(),
        KINDS.get(kind),
    )


def _number(place: Path, words: dict[str, str], key: str) -> int | None:
    word = words.get(key, "")
    if word and not (word.isascii() and word.isdecimal()):
        raise WrongControl(place=place.name, item=key, told="0, 1, 2, …", found="?")
    return int(word) if word else None
