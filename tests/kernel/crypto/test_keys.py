"""Keys are files of the owner's alone; processes that start together make one."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gusu.kernel.crypto import keys

pytestmark = pytest.mark.usefixtures("own_keys")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_key_are_closed_to_everybody_else(own_keys: Path) -> None:
    assert keys.versions() == [1]

    assert (mode(own_keys), mode(own_keys / "master-1.key")) == (0o700, 0o600)
    assert [path.name for path in own_keys.iterdir()] == ["master-1.key"]


def test_processes_that_race_to_make_the_key_get_one(own_keys: Path) -> None:
    asking = [sys.executable, "-c", "from gusu.kernel.crypto import keys; print(keys.site_secret('x'))"]
    racers = [subprocess.Popen(asking, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    secrets = {racer.communicate()[0] for racer in racers}

    assert [racer.returncode for racer in racers] == [0] * 4
    assert secrets == {keys.site_secret("x") + "\n"}
    assert [path.name for path in own_keys.iterdir()] == ["master-1.key"]


def test_every_use_has_a_key_of_its_own_and_every_version_too() -> None:
    keys.versions()
    keys.rotate()

    made = {keys.derived(use, version) for use in ("envelope", "signature", "blind/a", "blind/b") for version in (1, 2)}

    assert len(made) == 8
    assert {len(key) for key in made} == {32}


def test_a_sites_secret_outlives_a_rotation() -> None:
    before = keys.site_secret("django")

    assert keys.rotate() == 2
    assert keys.site_secret("django") == before


def test_versions_are_counted_as_numbers() -> None:
    keys.versions()
    for _ in range(10):
        keys.rotate()

    assert keys.versions() == list(range(1, 12))
    assert keys.active() == 11


def test_two_cities_that_share_keys_remember_a_seal_each(tmp_path: Path) -> None:
    keys.remember_anchor(tmp_path / "one", "5 aa")
    keys.remember_anchor(tmp_path / "two", "7 bb")

    assert [keys.anchor(tmp_path / city) for city in ("one", "two", "three")] == [["5", "aa"], ["7", "bb"], []]
