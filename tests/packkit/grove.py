"""A small city of trees, kept in memory: the least a room must do to take part in packs."""

from collections.abc import Iterable
from pathlib import Path

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section
from gusu.packkit.load import Packs, load
from gusu.packkit.rooms import Rooms, in_order

PACK = 'name: {name}\nversion: "1.0"\ntitle: {{zh: 树, en: Trees}}\nneeds: [{needs}]\n'


class Branch(Piece, frozen=True):
    code: str
    length: int = 1


class TreePiece(Piece, frozen=True):
    code: str
    name: Label
    height: int
    near: str | None = None
    king_of: str = ""
    branches: tuple[Branch, ...] = ()


class Trees(Section[TreePiece]):
    name = "trees"
    schema = TreePiece

    def __init__(self) -> None:
        self.standing: dict[str, TreePiece] = {}
        self.writes: list[list[str]] = []
        self.felled: list[str] = []

    def key(self, piece: TreePiece) -> str:
        return piece.code

    def only_one_for(self, piece: TreePiece) -> str:
        return piece.king_of

    def check(self, piece: TreePiece, known: Known) -> Iterable[Problem]:
        if piece.near is not None:
            yield from known.missing("trees", piece.near, at=("near",))

    def kept(self) -> dict[str, TreePiece]:
        return dict(self.standing)

    def apply(self, pieces: list[TreePiece], *, by: Actor) -> None:
        self.writes.append([piece.code for piece in pieces])
        self.standing |= {piece.code: piece for piece in pieces}

    def retire(self, keys: list[str], *, by: Actor) -> None:
        self.felled += keys
        for key in keys:
            del self.standing[key]


class Grove:
    """Packs on disk and the city they speak to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trees = Trees()
        self.rooms = Rooms(in_order([self.trees]), {"height_of": self.height_of})

    def height_of(self, code: str) -> dict[str, object]:
        tree = self.trees.standing.get(code)
        return {"height": tree.height, "branches": [branch.code for branch in tree.branches]} if tree else {}

    def write(self, place: str, text: str, *, needs: str = "") -> Path:
        """`park/trees.yaml` and the text in it; the pack's manifest is written with it."""
        file = self.folder / place
        pack = self.folder / place.split("/")[0]
        file.parent.mkdir(parents=True, exist_ok=True)
        if not (pack / "pack.yaml").exists():
            (pack / "pack.yaml").write_text(PACK.format(name=pack.name, needs=needs), encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        return file

    def load(self, *only: str) -> Packs:
        return load(self.rooms, paths=sorted(file.parent for file in self.folder.glob("*/pack.yaml")), only=only)

    def said(self, findings: Iterable[object]) -> list[str]:
        """Findings without the folder and the Chinese: `park/trees.yaml:3: …`."""
        plain = []
        for finding in findings:
            chinese, english = str(finding).removeprefix(f"{self.folder}/").split("\n    ")
            place = ":".join(chinese.split(":")[:2])
            plain.append(f"{place}: {english}")
        return plain
