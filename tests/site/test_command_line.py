"""The command line keeps its promises: contents, JSON, exit codes, refusals in two languages."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gusu.site import cli

ROOT = Path(__file__).resolve().parents[2]


def gusu(*words: str, data: Path | None = None) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GUSU_", "DATABASE_URL"))}
    environment |= {"GUSU_DATA": str(data), "GUSU_KEYS": str(data) + "-keys"} if data else {}
    command = [sys.executable, "-m", "gusu", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_help_is_a_table_of_contents() -> None:
    said = cli.contents()

    chapters = [line for line in said.splitlines() if line in cli.CHAPTERS.values()]
    assert chapters == ["Run the city", "Content", "Look and ask", "Build and measure"]
    assert all(f"  {command.name} " in said for command in cli.commands())


def test_every_command_has_a_chapter_one_line_and_honest_needs() -> None:
    for command in cli.commands():
        assert command.group in cli.CHAPTERS
        assert "\n" not in command.help
        assert command.needs in ("nothing", "django", "database")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_imports_no_django_and_is_quick(words: list[str]) -> None:
    spy = "import sys; from gusu.site import cli; cli.main(sys.argv[1:]); sys.exit('django' in sys.modules)"
    began = time.monotonic()

    done = subprocess.run([sys.executable, "-c", spy, *words], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, cli.contents() + "\n")
    assert time.monotonic() - began < 2


def test_the_contents_are_data_too() -> None:
    code, said, _ = gusu("--json")

    assert code == 0
    assert [entry["name"] for entry in json.loads(said)] == [command.name for command in cli.commands()]


def test_an_unknown_command_is_wrong_usage_and_names_the_nearest() -> None:
    assert gusu("statu") == (
        2,
        "",
        "gusu: there is no command 'statu'. Did you mean 'status'? ./gusu --help lists them.\n",
    )


def test_an_unknown_option_is_wrong_usage() -> None:
    assert gusu("down", "--nonsense")[0] == 2


@pytest.mark.parametrize("name", [command.name for command in cli.commands()])
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    code, said, _ = gusu(name, "--help", data=tmp_path / "city")

    assert code == 0
    assert "--json" in said
    assert not (tmp_path / "city" / "postgres").exists()


def test_json_and_data_may_stand_anywhere(tmp_path: Path) -> None:
    expected = {"deleted": []}

    assert json.loads(gusu("--json", "reset", f"--data={tmp_path / 'none'}")[1]) == expected
    assert json.loads(gusu("reset", "--data", str(tmp_path / "none"), "--json")[1]) == expected


def test_what_follows_a_double_dash_is_left_alone() -> None:
    line = cli._taken_apart(["test", "--json", "--", "--data", "x", "--json"])

    assert line == cli.Line(["test", "--", "--data", "x", "--json"], json=True, data=None)


def test_a_refusal_is_said_in_both_languages_and_in_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar"
    bad.write_bytes(b"nothing")

    code, said, complaint = gusu("restore", str(bad), "--json", data=tmp_path / "city")

    assert code == 1
    assert json.loads(said)["error"]["code"] == "backup_is_damaged"
    assert "已损坏" in complaint
    assert "Nothing was changed" in complaint
    assert not (tmp_path / "city").exists()


def test_status_of_no_city_is_no(tmp_path: Path) -> None:
    code, said, _ = gusu("status", "--json", data=tmp_path / "city")
    city = json.loads(said)

    assert (code, city["green"], city["address"], city["database"]["ok"]) == (1, False, "", False)


def test_doctor_finds_the_embedded_database_whole_and_leaves_nothing(tmp_path: Path) -> None:
    code, said, _ = gusu("doctor", "--json", data=tmp_path / "city")
    findings = json.loads(said)["findings"]

    assert [finding["name"] for finding in findings if not finding["ok"] and not finding["only_a_note"]] == []
    assert (code, len(findings) > 20) == (0, True)
    assert not (tmp_path / "city").exists()


def test_doctor_sees_keys_inside_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gusu.site.server import examination
    from gusu.site.server.place import Place

    monkeypatch.setenv("GUSU_KEYS", str(tmp_path / "data" / "keys"))

    finding = examination._keys(Place(tmp_path / "data"))

    assert (finding.ok, finding.remedy) == (False, "it must lie outside the data folder: set GUSU_KEYS")


def test_reset_asks_and_takes_silence_for_no(tmp_path: Path) -> None:
    city = tmp_path / "city"
    (city / "lake").mkdir(parents=True)

    code, said, asked = gusu("reset", data=city)

    assert (code, said, (city / "lake").exists()) == (1, "Nothing was deleted.\n", True)
    assert str(city / "lake") in asked


def test_reset_with_yes_deletes(tmp_path: Path) -> None:
    city = tmp_path / "city"
    (city / "lake").mkdir(parents=True)

    assert gusu("reset", "--yes", data=city)[0] == 0
    assert not city.exists()
