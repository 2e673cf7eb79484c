import argparse
from pathlib import Path

import pytest

from gusu.kernel.errors import GusuError
from gusu.site.cli import Reply
from gusu.site.commands import packs

pytestmark = pytest.mark.django_db


def gusu_packs(*words: str) -> Reply:
    parser = argparse.ArgumentParser()
    packs.arguments(parser)
    return packs.run(parser.parse_args(words))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A pack outside the package, begun with `new`."""
    gusu_packs("new", "lake_city", str(tmp_path))
    folder = tmp_path / "lake_city"
    (folder / "organisations.yaml").write_text(
        "- code: lake\n  name: {zh: 湖城市人民政府, en: Lake City}\n  kind: government\n", encoding="utf-8"
    )
    return folder


def test_a_pack_outside_the_package_is_checked_planned_and_applied_by_its_path(outside: Path) -> None:
    assert gusu_packs("check", str(outside)).code == 0
    assert "+ 新增 new       organisations/lake  (lake_city)" in gusu_packs("plan", str(outside)).text.splitlines()

    applied = gusu_packs("apply", str(outside))

    assert applied.code == 0
    assert applied.text.splitlines()[-1].startswith("已应用 applied: 新增 new ")
    assert gusu_packs("plan", str(outside)).text.startswith("没有要做的 · nothing to do (不变 unchanged ")


def test_what_is_no_longer_declared_is_planned_as_retired(outside: Path) -> None:
    gusu_packs("apply", str(outside))
    (outside / "organisations.yaml").write_text("", encoding="utf-8")

    reply = gusu_packs("plan", str(outside))

    assert reply.code == 0
    assert reply.data["lines"] == [  # type: ignore[index]
        {
            "kind": "retired",
            "section": "organisations",
            "key": "lake",
            "pack": "lake_city",
            "changes": [],
            "drifted": [],
        }
    ]


def test_a_pack_with_problems_is_refused_with_file_and_line(outside: Path) -> None:
    file = outside / "organisations.yaml"
    file.write_text("- code: lake\n  nmae: {zh: 湖, en: Lake}\n  kind: kingdom\n", encoding="utf-8")

    for verb in ("check", "plan", "test"):
        reply = gusu_packs(verb, str(outside))

        assert reply.code == 1
        assert [(problem["line"], problem["en"]) for problem in reply.data["problems"]] == [  # type: ignore[index]
            (1, "'name' is missing"),
            (2, "unknown key 'nmae'; did you mean 'name'?"),
            (3, "'kind': unknown value 'kingdom' (one of: government, department, district, institution, other)"),
        ]
        assert f"{file.resolve()}:2: 不认识的键“nmae”，是不是“name”？" in reply.text


def test_packs_are_listed_with_how_much_of_them_is_in_force() -> None:
    gusu_packs("apply", "foundation")

    rows = {row["name"]: row for row in gusu_packs("list").data}  # type: ignore[attr-defined]

    assert rows["foundation"]["in_force"] == rows["foundation"]["declared"] > 0
    assert rows["suzhou"]["in_force"] == 0


def test_a_path_with_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(packs.NoPackThere):
        gusu_packs("check", str(tmp_path))


@pytest.mark.parametrize("verb", ["list", "check", "plan", "apply", "test"])
def test_a_name_that_no_pack_has_is_refused_and_names_the_nearest(verb: str) -> None:
    with pytest.raises(GusuError, match="是不是“population”？"):
        gusu_packs(verb, "popluation")


def test_a_piece_is_adopted_from_the_command_line() -> None:
    gusu_packs("apply", "foundation")

    gusu_packs("adopt", "roles", "auditor")

    assert gusu_packs("plan", "foundation").data["counts"]["adopted"] == 1  # type: ignore[index]
