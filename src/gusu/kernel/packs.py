"""What a pack may say to a room: the protocol every room's `pack.py` implements, so that content is never code.

It lies in the kernel because every room needs it and none may look up at `packkit`, which loads the packs and calls it.
A room's `<wing>/<room>/pack.py` offers two module-level names, both optional:

    SECTIONS = [Organisations(), Roles()]                  # what packs may declare to this room
    QUESTIONS = {"what_became_of": what_became_of}         # what a pack's situations may ask this room
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from gusu.kernel.text import Text

if TYPE_CHECKING:
    from gusu.kernel.actor import Actor

PACKAGED = Path(__file__).resolve().parents[1] / "packs"

Question = Callable[..., object]


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of every declared thing: immutable, and a key nobody knows is an error."""


class Label(Piece, frozen=True):
    """A label in both languages: `{zh: 苏州市公安局, en: Suzhou Public Security Bureau}`."""

    zh: Annotated[str, msgspec.Meta(min_length=1)]
    en: Annotated[str, msgspec.Meta(min_length=1)]

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a piece. `at` is the way to it inside the piece, e.g. `("codes", 2, "code")`."""

    zh: str
    en: str
    at: tuple[str | int, ...] = ()


class Known(Protocol):
    """What one pack and the packs it needs declare together; `pack` and `folder` are its own."""

    pack: str
    folder: Path

    def has(self, section: str, key: str) -> bool:
        """True when this pack, or one it needs, declares `key` in `section`."""
        ...

    def missing_in(self, section: str, key: str, name: str, *, at: tuple[str | int, ...] = ()) -> Iterator[Problem]:
        """Nothing when the piece `key` offers `name` (`Section.offers`) or is itself unknown; else one problem."""
        ...

    def not_asked(self, section: str, whom: str, name: str, *, at: tuple[str | int, ...] = ()) -> Iterator[Problem]:
        """Nothing when the piece that is for `whom` (`Section.only_one_for`) offers `name`, or there is none; else a
        problem that names the nearest.
        """
        ...

    def missing(self, section: str, key: str, *, at: tuple[str | int, ...] = ()) -> Iterator[Problem]:
        """Nothing when `key` is known; else a problem that names the nearest known key. `yield from` it."""
        ...


P = TypeVar("P", bound=Piece)


class Section(Generic[P]):
    """One kind of thing that packs may declare, as its room understands it. Subclass it in the room's `pack.py`.

    A section must *round-trip*: after `apply([piece])`, `kept()[key(piece)] == piece`. Everything packkit promises
    rests on that - a second apply that writes nothing, `plan` as an honest diff, drift that is seen - so `apply`
    checks it before it commits, and a section that does not hold to it makes the whole apply fail.

    name    the file or folder in a pack: `organisations.yaml` (a list of pieces, or one) or `organisations/*.yaml`
    schema  the Struct of one piece; its fields are the keys a pack may write, each documented in docs/packs
    needs   the sections that must be applied before this one; what is retired is retired in the opposite order
    """

    name: ClassVar[str]
    schema: ClassVar[type[Piece]]
    needs: ClassVar[tuple[str, ...]] = ()

    def key(self, piece: P) -> str:
        """The piece's own name, unique in its section over all packs and stable over its life."""
        raise NotImplementedError

    def offers(self, piece: P) -> Iterable[str]:
        """The names inside a piece that other sections may refer to: the items of a catalogue entry."""
        return ()

    def only_one_for(self, piece: P) -> str:
        """What no other piece of the section may be for, over all packs: the service item of a form. "": nothing."""
        return ""

    def check(self, piece: P, known: Known) -> Iterable[Problem]:
        """What the schema cannot say, above all references: `yield from known.missing("organisations", piece.parent)`.

        Reads files of the pack under `known.folder`; asks no database. Return nothing when all is well.
        """
        return ()

    def kept(self) -> dict[str, P]:
        """Every piece the city has in force now, by key, whoever put it there. What is retired is left out.

        One or two queries for all of them. Return an empty dict when there is none.
        """
        raise NotImplementedError

    def apply(self, pieces: list[P], *, by: "Actor") -> None:
        """Make the city keep exactly these pieces: insert or update, in bulk where there may be many.

        Called inside packkit's transaction with only the pieces that differ, never with an empty list. References
        inside one section may point forward: do not rely on the order. A piece that was retired comes back to life.
        """
        raise NotImplementedError

    def retire(self, keys: list[str], *, by: "Actor") -> None:
        """No pack declares these any longer: end or deactivate them, never delete what history still refers to."""
        raise NotImplementedError


AnySection = Section[Any]


def pack_folders() -> dict[str, Path]:
    """Every pack that lies in the package or in a folder named by GUSU_PACKS (colon-separated), by folder name.

    An entry of GUSU_PACKS is a pack itself or a folder of packs. The first of two packs of one name wins here;
    packkit reports the second.
    """
    found: dict[str, Path] = {}
    for folder in packs_on_the_path():
        found.setdefault(folder.name, folder)
    return found


def packs_on_the_path() -> list[Path]:
    """The same as a list with doubles, in the order they are looked at: the package first, then GUSU_PACKS."""
    outside = [Path(entry) for entry in os.environ.get("GUSU_PACKS", "").split(":") if entry]
    return [pack for place in [PACKAGED, *outside] for pack in packs_in(place)]


def pack_folder(name: str) -> Path | None:
    """Where a pack's files are on this machine; None when the pack is neither in the package nor in GUSU_PACKS."""
    return pack_folders().get(name)


def inside(folder: Path, file: str) -> Path | None:
    """A pack's own file by its path in the pack; None when there is none or the path leads out of the folder."""
    place = (folder / file).resolve()
    return place if place.is_file() and place.is_relative_to(folder.resolve()) else None


def packs_in(place: Path) -> list[Path]:
    """The pack that `place` is, or the packs that lie in it."""
    if (place / "pack.yaml").is_file():
        return [place]
    return sorted(folder.parent for folder in place.glob("*/pack.yaml"))
