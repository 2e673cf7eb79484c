"""What a pack may declare: files of its own and no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.resources.road import declare

from gusu.kernel.actor import house
from gusu.kernel.packs import Label, Problem
from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.errors import SourceMissing
from gusu.resources.exchange.pack import ExchangePiece, Exchanges


class Whole:
    """A pack that knows every resource."""

    pack = "city"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, section: str, key: str) -> bool:
        return True

    def missing(self, section: str, key: str, *, at: tuple[str | int, ...] = ()) -> Iterator[Problem]:
        return iter(())


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "packs" / "city"
    (folder / "data").mkdir(parents=True)
    (folder / "pack.yaml").write_text("name: city\n")
    (folder / "data" / "own.csv").write_text("code,name,note\n1,a,b\n")
    (tmp_path / "secret.csv").write_text("code,name,note\n1,a,b\n")
    (folder / "data" / "link.csv").symlink_to(tmp_path / "secret.csv")
    return folder


FILES = [
    ("data/own.csv", True),
    ("data/../data/own.csv", True),
    ("data/none.csv", False),
    ("data", False),
    ("", False),
    ("../../secret.csv", False),
    ("data/link.csv", False),
    ("/etc/passwd", False),
    ("../../../../../../../../etc/passwd", False),
]


@pytest.mark.parametrize(("file", "allowed"), FILES)
def test_a_pack_names_only_files_of_its_own(file: str, allowed: bool, pack: Path) -> None:
    piece = ExchangePiece("people", Label("接收", "Receive"), "people", "csv", {"file": file}, "city")

    problems = [problem.at for problem in Exchanges().check(piece, Whole(pack))]

    assert problems == ([] if allowed else [("settings", "file")])


@pytest.mark.django_db
@pytest.mark.parametrize(("file", "allowed"), FILES)
def test_not_even_a_declaration_that_slipped_through_is_followed(
    file: str, allowed: bool, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUSU_PACKS", str(pack))
    exchange = declare()
    exchange.pack, exchange.settings = "city", {"file": file}
    exchange.save()

    if allowed:
        assert open_batch(exchange, by=house("tests")).source == str(pack / "data" / "own.csv")
    else:
        with pytest.raises(SourceMissing):
            open_batch(exchange, by=house("tests"))
