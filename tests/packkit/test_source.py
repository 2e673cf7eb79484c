from pathlib import Path

import pytest

from gusu.packkit.source import read


def data(tmp_path: Path, text: str) -> object:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    source = read(file)
    assert source.findings == []
    return source.data


def found(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    return [(finding.line, finding.en) for finding in read(file).findings]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1),
        ("-12", -12),
        ("0", 0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("01", "01"),
        ("00", "00"),
        ("320508", 320508),
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("no", "no"),
        ("On", "On"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("01.5", "01.5"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("苏州", "苏州"),
    ],
)
def test_a_scalar_means_what_it_says_and_no_more(tmp_path: Path, written: str, meant: object) -> None:
    read = data(tmp_path, f"a: {written}\n")

    assert read == {"a": meant}
    assert type(read["a"]) is type(meant)  # type: ignore[index]


def test_keys_are_text_as_written(tmp_path: Path) -> None:
    assert data(tmp_path, "1: a\ntrue: b\n01: c\n") == {"1": "a", "true": "b", "01": "c"}


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# first\n- code: a\n  list:\n    - x\n    - y\n- code: b\n")

    source = read(file)

    assert [source.line(at) for at in [(0,), (0, "code"), (0, "list", 1), (1, "code")]] == [2, 2, 5, 6]
    assert source.line((0, "list", 7, "nowhere")) == 3


def test_a_doubled_key_is_an_error(tmp_path: Path) -> None:
    assert found(tmp_path, "a: 1\nb: 2\na: 3\n") == [(3, "the key 'a' is already on line 1")]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: [1\n", 3, "not valid YAML"),
        ("a: &x 1\nb: 2\n", 1, "anchors and aliases"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "tags like"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key must be text"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
    ],
)
def test_what_yaml_could_surprise_with_is_an_error(tmp_path: Path, text: str, line: int, says: str) -> None:
    [(at, sentence)] = found(tmp_path, text)

    assert at == line
    assert says in sentence


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("名: 苏州".encode("gb18030"))

    assert [finding.en for finding in read(tmp_path / "a.yaml").findings] == ["the file must be text in UTF-8"]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert data(tmp_path, "# only a comment\n") is None
