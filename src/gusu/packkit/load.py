"""From folders to declared pieces: finds packs, reads them, checks shape and references, reports everything at once."""

import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated

import msgspec

from gusu.kernel.errors import GusuError
from gusu.kernel.packs import AnySection, Known, Label, Piece, Problem, packs_on_the_path
from gusu.kernel.text import Text
from gusu.packkit.rooms import Rooms
from gusu.packkit.shape import shaped, unknown
from gusu.packkit.source import At, Finding, Source, read

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$")]


class NoPackNamedSo(GusuError):
    """A pack was asked for that nobody has; looking at the others instead would say that all is well."""

    status, code = 404, "no_pack_named_so"
    says = Text(
        "没有名为“{name}”的内容包。{near}运行 gusu packs list 可查看全部内容包；包外内容包请写带“/”的路径。",
        "There is no pack named '{name}'. {near}`gusu packs list` lists them; the path of one outside has a '/'.",
    )

    def __init__(self, name: str, known: Iterable[str]) -> None:
        close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
        near = Text(f"是不是“{close[0]}”？", f"Did you mean '{close[0]}'? ") if close else Text("", "")
        super().__init__(name=name, near=near)


class PacksFolderMissing(GusuError):
    """GUSU_PACKS names a folder that is not there."""

    status, code = 404, "packs_folder_missing"
    says = Text(
        "环境变量 GUSU_PACKS 中的文件夹 {folder} 不存在。请更正该变量，或恢复该文件夹。",
        "GUSU_PACKS names the folder {folder}, which does not exist. Correct the variable, or bring the folder back.",
    )


class Origin(Piece, frozen=True):
    """Where content of a pack was taken from, and under which licence it may be carried."""

    of: str
    origin: str
    licence: str
    url: str = ""


class Manifest(Piece, frozen=True):
    """`pack.yaml`."""

    name: Name
    version: str
    title: Label
    needs: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    sources: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class Declared:
    """One piece as a pack declares it, and where."""

    pack: str
    section: str
    key: str
    piece: Piece
    source: Source
    at: At


@dataclass
class Pack:
    """One pack's folder, read."""

    folder: Path
    manifest: Manifest
    source: Source
    declared: list[Declared] = field(default_factory=list)
    situations: list[Source] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.manifest.name


@dataclass
class Packs:
    """All packs looked at together: what they declare by section and key, and every problem found.

    elsewhere: the pack that declares a piece, by section and key, of every pack that was found, looked at or not.
    """

    rooms: Rooms
    packs: dict[str, Pack] = field(default_factory=dict)
    elsewhere: dict[tuple[str, str], str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def declared(self, section: str) -> dict[str, Declared]:
        pieces = (piece for pack in self.packs.values() for piece in pack.declared if piece.section == section)
        return {piece.key: piece for piece in pieces}

    def with_needs(self, names: Iterable[str]) -> set[str]:
        """These packs and every pack they need, as far as they are here."""
        found, waiting = set[str](), list(names)
        while waiting:
            name = waiting.pop()
            if name in self.packs and name not in found:
                found.add(name)
                waiting += self.packs[name].manifest.needs
        return found


def load(rooms: Rooms, *, paths: Iterable[Path] = (), only: Iterable[str] = ()) -> Packs:
    """Read every pack in the package, in GUSU_PACKS and at `paths`; with `only`, those named and what they need.

    Raises NoPackNamedSo, PacksFolderMissing.
    """
    _see_that_folders_are_there()
    packs = Packs(rooms)
    folders = list(dict.fromkeys(path.resolve() for path in [*packs_on_the_path(), *paths]))
    for folder in folders:
        _add(packs, folder)
    for one in (declared for pack in packs.packs.values() for declared in pack.declared):
        packs.elsewhere.setdefault((one.section, one.key), one.pack)
    if only := list(only):
        _see_that_they_are_known(only, {*packs.packs, *(folder.name for folder in folders)})
        _narrow(packs, only)
    packs.findings += _needs(packs)
    packs.findings += _doubles(packs)
    packs.findings.sort()
    return packs


def _see_that_folders_are_there() -> None:
    for folder in filter(None, os.environ.get("GUSU_PACKS", "").split(":")):
        if not Path(folder).is_dir():
            raise PacksFolderMissing(folder=folder)


def _see_that_they_are_known(names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise NoPackNamedSo(name, known)


def check(packs: Packs) -> list[Finding]:
    """Every problem of every pack. The rooms are asked only once all is well-formed; nobody asks the database."""
    if packs.findings:
        return packs.findings
    findings = []
    for pack in packs.packs.values():
        view = PackView(pack.name, pack.folder, _known_to(pack, packs), packs.rooms.sections, packs.elsewhere)
        for one in pack.declared:
            for problem in packs.rooms.sections[one.section].check(one.piece, view):
                findings.append(one.source.find((*one.at, *problem.at), problem.zh, problem.en))
    return sorted([*findings, *_seconds(packs)])


def _seconds(packs: Packs) -> Iterator[Finding]:
    """Pieces for what another piece of their section is for already."""
    first: dict[tuple[str, str], Declared] = {}
    for one in (declared for pack in packs.packs.values() for declared in pack.declared):
        whom = packs.rooms.sections[one.section].only_one_for(one.piece)
        if whom and (other := first.setdefault((one.section, whom), one)) is not one:
            zh = f"“{whom}”已有一份：{other.key}（{other.pack}）"
            en = f"there is one for '{whom}' already: {other.key} ({other.pack})"
            yield one.source.find(one.at, zh, en)


def _known_to(pack: Pack, packs: Packs) -> dict[str, dict[str, Piece]]:
    """The pieces by section and key of a pack and of all it needs, near or far."""
    pieces: dict[str, dict[str, Piece]] = {}
    for name in packs.with_needs([pack.name]):
        for one in packs.packs[name].declared:
            pieces.setdefault(one.section, {})[one.key] = one.piece
    return pieces


@dataclass(frozen=True)
class PackView(Known):
    """`Known` as one pack's pieces see it."""

    pack: str
    folder: Path
    pieces: dict[str, dict[str, Piece]]
    sections: dict[str, AnySection]
    elsewhere: dict[tuple[str, str], str]

    def has(self, section: str, key: str) -> bool:
        return key in self.pieces.get(section, ())

    def missing_in(self, section: str, key: str, name: str, *, at: At = ()) -> Iterator[Problem]:
        if piece := self.pieces.get(section, {}).get(key):
            offered = list(self.sections[section].offers(piece))
            if name not in offered:
                yield Problem(*unknown((f" {key} 中的名称", f"name in {key}"), name, offered), at)

    def not_asked(self, section: str, whom: str, name: str, *, at: At = ()) -> Iterator[Problem]:
        room, pieces = self.sections[section], self.pieces.get(section, {})
        for key in (key for key, piece in pieces.items() if room.only_one_for(piece) == whom):
            yield from self.missing_in(section, key, name, at=at)

    def missing(self, section: str, key: str, *, at: At = ()) -> Iterator[Problem]:
        if self.has(section, key):
            return
        noun = f" {section} 条目", f"{section} entry"
        if pack := self.elsewhere.get((section, key)):
            zh, en = unknown(noun, key, ())
            zh = f"{zh}：它由内容包“{pack}”声明，请在 pack.yaml 的 needs 中加入 {pack}"
            yield Problem(zh, f"{en}: the pack '{pack}' declares it; add {pack} to `needs` in pack.yaml", at)
        else:
            yield Problem(*unknown(noun, key, self.pieces.get(section, ())), at)


def _add(packs: Packs, folder: Path) -> None:
    source = read(folder / "pack.yaml")
    packs.findings += source.findings
    if not source.findings:
        manifest, findings = shaped(source, (), Manifest)
        packs.findings += findings
        if manifest:
            _read_pack(packs, Pack(folder, manifest, source))


def _read_pack(packs: Packs, pack: Pack) -> None:
    if pack.name in packs.packs:
        other = packs.packs[pack.name].folder
        zh, en = f"包“{pack.name}”已在 {other}", f"the pack '{pack.name}' is already in {other}"
        packs.findings.append(pack.source.find(("name",), zh, en))
        return
    if pack.name != pack.folder.name:
        zh, en = f"包名应与文件夹同名“{pack.folder.name}”", f"a pack is named like its folder, '{pack.folder.name}'"
        packs.findings.append(pack.source.find(("name",), zh, en))
    packs.packs[pack.name] = pack
    for file in sorted(file for pattern in ("*.yaml", "*/*.yaml") for file in pack.folder.glob(pattern)):
        _read_file(packs, pack, file)


def _read_file(packs: Packs, pack: Pack, file: Path) -> None:
    place = file.relative_to(pack.folder)
    name = place.parts[0].removesuffix(".yaml")
    if place.name == "pack.yaml":
        return
    source = read(file)
    packs.findings += source.findings
    if name == "tests":
        pack.situations.append(source)
    elif section := packs.rooms.sections.get(name):
        _read_pieces(packs, pack, section, source)
    else:
        packs.findings.append(source.find((), *unknown(("部分", "section"), name, [*packs.rooms.sections, "tests"])))


def _read_pieces(packs: Packs, pack: Pack, section: AnySection, source: Source) -> None:
    for at in pieces_in(source):
        piece, findings = shaped(source, at, section.schema)
        packs.findings += findings
        if piece is not None:
            pack.declared.append(Declared(pack.name, section.name, section.key(piece), piece, source, at))


def pieces_in(source: Source) -> Iterator[At]:
    """Where the pieces of a file stand: each item of its list, or the file itself; nowhere in an empty one."""
    if isinstance(source.data, list):
        yield from ((number,) for number in range(len(source.data)))
    elif source.data is not None:
        yield ()


def _narrow(packs: Packs, names: list[str]) -> None:
    """Keep only the packs named and what they need; problems of the others are theirs."""
    for name in packs.packs.keys() - packs.with_needs(names):
        folder = packs.packs.pop(name).folder
        packs.findings = [finding for finding in packs.findings if folder not in finding.file.parents]


def _needs(packs: Packs) -> Iterator[Finding]:
    for pack in packs.packs.values():
        for number, name in enumerate(pack.manifest.needs):
            if name not in packs.packs:
                yield pack.source.find(("needs", number), *unknown(("包", "pack"), name, packs.packs))
    try:
        TopologicalSorter({pack.name: pack.manifest.needs for pack in packs.packs.values()}).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        first = packs.packs[error.args[1][0]]
        yield first.source.find(("needs",), f"包之间循环依赖：{circle}", f"packs need each other in a circle: {circle}")


def _doubles(packs: Packs) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Declared] = {}
    for one in (piece for pack in packs.packs.values() for piece in pack.declared):
        first = seen.setdefault((one.section, one.key), one)
        if first is not one:
            where = f"{first.source.file}:{first.source.line(first.at)}"
            zh, en = f"“{one.key}”已在 {where} 声明", f"'{one.key}' is already declared at {where}"
            yield one.source.find(one.at, zh, en)
