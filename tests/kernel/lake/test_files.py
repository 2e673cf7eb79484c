"""A file exists because a row says so; what no row names is swept, once nobody can still be writing it."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from gusu.kernel.engine import duck
from gusu.kernel.lake import files
from gusu.kernel.lake.models import LakeFile

pytestmark = pytest.mark.django_db
OLD = timedelta(days=3)


@pytest.fixture(params=["plain", "slash at the end", "file address"])
def lake(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Path:
    place = tmp_path / "lake"
    settings.LAKE = {"plain": f"{place}", "slash at the end": f"{place}/", "file address": f"file://{place}"}[
        request.param
    ]
    return place


def written(rows: int = 2) -> str:
    path = files.draft("people", "000001")
    duck.run([f"COPY (SELECT * FROM range({rows})) TO {duck.literal(files.address(path))} ({duck.parquet(path)})"])
    return path


def age(lake: Path, path: str) -> None:
    then = time.time() - OLD.total_seconds()
    os.utime(lake / path, (then, then))


def test_a_file_is_invisible_until_its_row_makes_it_exist(lake: Path) -> None:
    path = written()
    assert files.paths("people", "000001") == []

    row = files.adopt(files.written(path), rows=2)

    assert [address.endswith(path) for address in files.paths("people", "000001")] == [True]
    assert duck.run([f"SELECT count(*) FROM {duck.files(files.paths('people', '000001'))}"]) == [[[2]]]
    assert (row.layer, row.dataset, row.batch, row.rows) == ("landed", "people", "000001", 2)
    assert row.size == (lake / path).stat().st_size


def test_sweep_removes_old_nameless_files_only(lake: Path) -> None:
    named, nameless, fresh = written(), written(), written()
    files.adopt(files.written(named), rows=2)
    for path in (named, nameless):
        age(lake, path)

    assert files.sweep() == 1

    assert [(lake / path).exists() for path in (named, nameless, fresh)] == [True, False, True]
    assert files.sweep() == 0


def test_an_empty_lake_is_swept_in_peace(lake: Path) -> None:
    assert files.sweep() == 0
    assert LakeFile.objects.count() == 0


def test_two_drafts_never_share_a_path(lake: Path) -> None:
    assert files.draft("people", "000001") != files.draft("people", "000001")


def test_a_row_without_its_file_is_never_made(lake: Path) -> None:
    path = files.draft("people", "000001")

    with pytest.raises(OSError, match=r"parquet"):
        files.written(path)


def test_a_file_that_is_no_longer_what_was_adopted_is_named(lake: Path) -> None:
    whole, changed, gone = written(), written(), written()
    for path in (whole, changed, gone):
        files.adopt(files.written(path), rows=2)
    assert files.damaged() == []

    (lake / changed).write_bytes((lake / changed).read_bytes()[:-1] + b"?")
    (lake / gone).unlink()

    assert files.damaged() == sorted([changed, gone])
