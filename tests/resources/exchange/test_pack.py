"""What a pack may declare: files of its own and no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.resources.road import declare

from gusu.kernel.actor import house
from gusu.kernel.packs import Label, Problem
from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.errors import SourceMissing
from gusu.resources.exchange.pack import ExchangePiece, Exchanges, ReturnPiece, Returns


class Whole:
    """A pack that knows every resource."""

    pack = "city"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, section: str, key: str) -> bool:
        return True

    def missing(self, section: str, key: str, *, at: tuple[str | int, ...] = ()) -> Iterator[Problem]:
        if key == "nobody.knows":
            yield Problem("没有", f"no {section} '{key}'", at)


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


SETTINGS: dict[str, tuple[str, dict[str, object], list[tuple[tuple[str, ...], str]]]] = {
    "all that is needed": ("postgres", {"connection": "police", "table": "huji.rk"}, []),
    "a key misspelt": (
        "postgres",
        {"conection": "police", "table": "huji.rk"},
        [
            (("settings", "conection"), "the connector has no setting 'conection'; did you mean 'connection'?"),
            (("settings",), "the setting 'connection' is missing"),
        ],
    ),
    "a wrong value": (
        "csv",
        {"connection": "x", "encoding": "utf-16"},
        [(("settings", "encoding"), "the setting 'encoding' has a wrong value")],
    ),
    "another connector's": (
        "xlsx",
        {"connection": "x", "sheet": "s", "heading_rows": [3, 4], "zzz": "t"},
        [(("settings", "zzz"), "the connector has no setting 'zzz'")],
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_those_of_the_connector(name: str, pack: Path) -> None:
    connector, settings, problems = SETTINGS[name]
    piece = ExchangePiece("people", Label("接收", "Receive"), "people", connector, settings, "city")

    assert [(problem.at, problem.en) for problem in Exchanges().check(piece, Whole(pack))] == problems


TABLE: dict[str, object] = {"connection": "police", "table": "huji.jzz", "key": "JZZH"}
RETURNS: dict[str, tuple[str, dict[str, object], dict[str, str], list[tuple[tuple[str, ...], str]]]] = {
    "all that is needed": ("postgres", TABLE, {"JZZH": "licence.number"}, []),
    "a connector that only reads": (
        "csv",
        TABLE,
        {"JZZH": "licence.number"},
        [(("connector",), "no such connector that writes; there are: postgres")],
    ),
    "a setting that is for reading": (
        "postgres",
        TABLE | {"lag": 5},
        {"JZZH": "licence.number"},
        [(("settings", "lag"), "the connector has no setting 'lag'")],
    ),
    "a key that no column is": (
        "postgres",
        TABLE,
        {"XM": "person.name"},
        [(("settings", "key"), "key must be one of the columns")],
    ),
    "an element nobody knows": (
        "postgres",
        TABLE,
        {"JZZH": "nobody.knows"},
        [(("columns", "JZZH"), "no elements 'nobody.knows'")],
    ),
    "one value in two columns": (
        "postgres",
        TABLE,
        {"JZZH": "licence.number", "BH": "licence.number"},
        [(("columns", "BH"), "'licence.number' goes to 'JZZH' already")],
    ),
}


@pytest.mark.parametrize("name", RETURNS)
def test_a_return_names_a_connector_that_writes_and_elements_that_there_are(name: str, pack: Path) -> None:
    connector, settings, columns, problems = RETURNS[name]
    piece = ReturnPiece("permits", Label("回流", "Back"), connector, settings, columns)

    assert [(problem.at, problem.en) for problem in Returns().check(piece, Whole(pack))] == problems  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_return_is_kept_as_it_was_declared_and_comes_back_when_declared_again() -> None:
    label, columns = Label("回流", "Back"), {"JZZH": "licence.number"}
    piece = ReturnPiece("permits", label, "postgres", TABLE, columns, retention_days=7)

    Returns().apply([piece], by=house("tests"))
    assert Returns().kept() == {"permits": piece}
    Returns().retire(["permits"], by=house("tests"))
    assert Returns().kept() == {}
    Returns().apply([piece], by=house("tests"))
    assert Returns().kept() == {"permits": piece}
