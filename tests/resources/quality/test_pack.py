"""A rule may only look at what a catalogue entry holds: said when the pack is checked, not when a batch arrives."""

import shutil
from pathlib import Path

import pytest

from gusu.kernel.packs import PACKAGED
from gusu.packkit.load import check, load
from gusu.packkit.rooms import gather
from gusu.site.wiring import PACK_ROOMS


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the divisions pack under another name, with keys of its own, needing the shipped one."""
    folder = tmp_path / "wards"
    shutil.copytree(PACKAGED / "divisions", folder)
    for file in folder.rglob("*.yaml"):
        file.write_text(
            file.read_text()
            .replace("name: divisions\n", "name: wards\n")
            .replace("pack: divisions", "pack: wards")
            .replace("resource: divisions\n", "resource: wards\n")
            .replace("resource: division_changes\n", "resource: ward_changes\n")
            .replace("code: divisions", "code: wards")
            .replace("code: division_changes", "code: ward_changes")
            .replace("code: changes.", "code: ward_changes.")
        )
    return folder


def said(pack: Path) -> list[str]:
    return [finding.en for finding in check(load(gather(PACK_ROOMS), paths=[pack]))]


def test_the_shipped_rules_and_registers_name_only_items_there_are(pack: Path) -> None:
    assert said(pack) == []


def test_a_rule_that_looks_at_an_item_the_entry_has_not_is_refused(pack: Path) -> None:
    rules = pack / "quality" / "divisions.yaml"
    rules.write_text(rules.read_text().replace("item: parent, to: code", "item: parnt, to: cod", 1))

    findings = said(pack)

    assert len(findings) == 2
    assert "parnt" in findings[0] + findings[1]
    assert "parent" in findings[0] + findings[1]


def test_a_register_that_maps_an_item_the_entry_has_not_is_refused(pack: Path) -> None:
    register = pack / "registers" / "divisions.yaml"
    register.write_text(register.read_text().replace("  year: year\n", "  year: yaer\n"))

    [finding] = said(pack)

    assert "yaer" in finding
    assert "year" in finding
