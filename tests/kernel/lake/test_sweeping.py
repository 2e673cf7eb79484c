"""Only what no row names goes, and only once nobody can still be writing it - however GUSU_LAKE is written."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from gusu.kernel.lake import files

HOUR = timedelta(hours=1)


@pytest.fixture(params=["folder", "relative", "address"])
def lake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "lake"
    settings.LAKE = {"folder": str(place), "relative": "lake", "address": f"file://{place}"}[request.param]
    return place


def written(lake: Path, *, hours_ago: float) -> str:
    path = files.draft("divisions", "000001")
    (lake / path).write_bytes(b"rows")
    then = time.time() - 3600 * hours_ago
    os.utime(lake / path, (then, then))
    return path


@pytest.mark.django_db
def test_a_file_no_row_names_goes_when_it_is_old(lake: Path) -> None:
    written(lake, hours_ago=2)

    assert files.sweep(older_than=HOUR) == 1
    assert list(lake.rglob("*.parquet")) == []


@pytest.mark.django_db
def test_a_file_with_a_row_and_one_being_written_stay(lake: Path) -> None:
    adopted, young = written(lake, hours_ago=2), written(lake, hours_ago=0)
    files.adopt(files.written(adopted), rows=1)

    assert files.sweep(older_than=HOUR) == 0
    assert sorted(path.relative_to(lake).as_posix() for path in lake.rglob("*.parquet")) == sorted([adopted, young])
