"""The drill: save a city, lose it, bring it back, find everything as it was; and when a backup must refuse."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gusu.kernel import clock
from gusu.site.server import backup, restore
from gusu.site.server.errors import (
    BackupExists,
    BackupFailed,
    BackupIsDamaged,
    CityIsNotEmpty,
    CityIsRunning,
    RestoreFailed,
)
from gusu.site.server.locks import held
from gusu.site.server.place import Place
from gusu.site.server.postgres import FAST_AND_LOOSE, lease

TABLES = """
CREATE TABLE kernel_lakefile (path text, sha256 text);
CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, twice int GENERATED ALWAYS AS (id * 2) STORED
);
CREATE SCHEMA registers;
CREATE TABLE registers.divisions (code text PRIMARY KEY, body jsonb);
CREATE INDEX ON registers.divisions USING gin (body);
INSERT INTO people (name) VALUES ('沈小梅'), ('line
break	tab \\ backslash');
INSERT INTO registers.divisions VALUES ('320508', '{"name": "姑苏区"}');
"""


class Small:
    """A city without Django: a database, a lake, and what one can ask of them."""

    def __init__(self, place: Place, url: str) -> None:
        self.place, self.url = place, url

    def do(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql.encode()).fetchall()

    def put(self, path: str, body: bytes, *, said: bytes | None = None) -> None:
        """A lake file and its row; `said` when the row should tell of other content."""
        file = Path(self.place.lake) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        digest = hashlib.sha256(body if said is None else said).hexdigest()
        self.do(f"INSERT INTO kernel_lakefile VALUES ('{path}', '{digest}')")

    def facts(self) -> object:
        tables = self.ask("SELECT * FROM people ORDER BY id"), self.ask("SELECT * FROM registers.divisions")
        lake = Path(self.place.lake)
        named = self.ask("SELECT path FROM kernel_lakefile ORDER BY path")
        return tables, {path: (lake / path).read_bytes() for (path,) in named}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Small"]:
    place = Place(tmp_path / "data")
    monkeypatch.setattr(restore, "_open_again", lambda: None)  # a small city has no Django tables to bring up to date
    with lease(place, settings=FAST_AND_LOOSE) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        city = Small(place, url)
        city.do(TABLES)
        city.put("landed/divisions/1/a.parquet", b"PAR1" * 1000)
        city.put("landed/divisions/2/b.parquet", b"")
        yield city


def rewritten(file: Path, target: Path, change: dict[str, bytes | None]) -> Path:
    """A copy of an archive with some members replaced (or left out, for None)."""
    with tarfile.open(file) as source, tarfile.open(target, "w") as copy:
        for entry in source:
            body = source.extractfile(entry)
            assert body is not None
            content = change.get(entry.name, body.read())
            if content is not None:
                entry.size = len(content)
                copy.addfile(entry, io.BytesIO(content))
    return target


def test_what_was_saved_comes_back_and_what_came_later_goes(small: Small, tmp_path: Path) -> None:
    before = small.facts()
    made = backup.save(small.place, tmp_path / "city.tar")
    small.do("UPDATE people SET name = 'somebody else'; DROP SCHEMA registers CASCADE")
    small.do("CREATE SCHEMA later; CREATE TABLE later.t ()")
    (Path(small.place.lake) / "landed/divisions/1/a.parquet").unlink()

    done = restore.bring_back(small.place, tmp_path / "city.tar", replace=True)

    assert small.facts() == before
    assert small.ask("SELECT 1 FROM pg_namespace WHERE nspname = 'later'") == []
    assert (made["lake_files"], done["lake_files"], done["keys_missing"]) == (2, 2, [])
    assert not small.place.unfinished_restore.exists()


def test_it_comes_back_into_an_empty_folder_elsewhere(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = small.facts()
    backup.save(small.place, tmp_path / "city.tar")
    other = Place(tmp_path / "other")

    with lease(other, settings=FAST_AND_LOOSE) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        restore.bring_back(other, tmp_path / "city.tar", replace=False)
        assert Small(other, url).facts() == before


def test_the_sequence_goes_on_where_it_was(small: Small, tmp_path: Path) -> None:
    backup.save(small.place, tmp_path / "city.tar")
    restore.bring_back(small.place, tmp_path / "city.tar", replace=True)

    small.do("INSERT INTO people (name) VALUES ('third')")

    assert small.ask("SELECT id, twice FROM people WHERE name = 'third'") == [(3, 6)]


def test_a_backup_is_for_its_owner_alone_and_never_overwritten(small: Small, tmp_path: Path) -> None:
    backup.save(small.place, tmp_path / "city.tar")

    with pytest.raises(BackupExists):
        backup.save(small.place, tmp_path / "city.tar")
    assert (tmp_path / "city.tar").stat().st_mode & 0o777 == 0o600


def test_the_keys_are_not_in_it(small: Small, tmp_path: Path) -> None:
    from gusu.kernel.crypto import keys

    backup.save(small.place, tmp_path / "city.tar")

    body = (tmp_path / "city.tar").read_bytes()
    secrets = [(keys.folder() / f"master-{version}.key").read_bytes() for version in keys.versions()]
    assert secrets
    assert not any(secret in body or secret.hex().encode() in body for secret in secrets)


def test_other_keys_are_reported(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup.save(small.place, tmp_path / "city.tar")
    monkeypatch.setattr(backup, "key_marks", lambda: {"master-1.key": "0" * 16})

    done = restore.bring_back(small.place, tmp_path / "city.tar", replace=True)

    assert done["keys_missing"] == ["master-1.key"]


@pytest.mark.parametrize("trouble", ["missing", "changed"])
def test_a_lake_that_is_not_what_the_database_says_makes_no_backup(small: Small, tmp_path: Path, trouble: str) -> None:
    small.put("landed/divisions/3/c.parquet", b"true", said=b"false" if trouble == "changed" else None)
    if trouble == "missing":
        (Path(small.place.lake) / "landed/divisions/3/c.parquet").unlink()

    with pytest.raises(BackupFailed):
        backup.save(small.place, tmp_path / "city.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_file_no_row_names_is_not_saved(small: Small, tmp_path: Path) -> None:
    (Path(small.place.lake) / "landed/draft.parquet").write_bytes(b"half written")

    backup.save(small.place, tmp_path / "city.tar")

    with tarfile.open(tmp_path / "city.tar") as tar:
        assert sorted(tar.getnames()) == [
            "database.dump",
            "lake/landed/divisions/1/a.parquet",
            "lake/landed/divisions/2/b.parquet",
            "manifest.json",
        ]


@pytest.mark.parametrize(
    "change",
    [
        {"lake/landed/divisions/1/a.parquet": b"PAR2" * 1000},
        {"lake/landed/divisions/2/b.parquet": None},
        {"database.dump": b""},
        {"manifest.json": None},
        {"manifest.json": b'{"format": "gusu backup 9", "files": {}}'},
    ],
    ids=["one byte", "a file gone", "no dump", "no manifest", "another format"],
)
def test_a_damaged_backup_touches_nothing(small: Small, tmp_path: Path, change: dict[str, bytes | None]) -> None:
    backup.save(small.place, tmp_path / "city.tar")
    before = small.facts()
    bad = rewritten(tmp_path / "city.tar", tmp_path / "bad.tar", change)

    with pytest.raises(BackupIsDamaged):
        restore.bring_back(small.place, bad, replace=True)
    assert small.facts() == before


def test_a_file_that_climbs_out_of_the_lake_is_refused(small: Small, tmp_path: Path) -> None:
    backup.save(small.place, tmp_path / "city.tar")
    with tarfile.open(tmp_path / "city.tar") as tar:
        manifest_file = tar.extractfile("manifest.json")
        assert manifest_file is not None
        manifest = json.load(manifest_file)
    manifest["files"]["lake/../../evil"] = manifest["files"]["lake/landed/divisions/2/b.parquet"]
    bad = rewritten(tmp_path / "city.tar", tmp_path / "bad.tar", {"manifest.json": json.dumps(manifest).encode()})
    with tarfile.open(bad, "a") as tar:
        tar.addfile(tarfile.TarInfo("lake/../../evil"))

    with pytest.raises(BackupIsDamaged):
        restore.bring_back(small.place, bad, replace=True)
    assert not (small.place.data.parent / "evil").exists()


def test_a_restore_over_a_city_needs_yes(small: Small, tmp_path: Path) -> None:
    backup.save(small.place, tmp_path / "city.tar")

    with pytest.raises(CityIsNotEmpty):
        restore.bring_back(small.place, tmp_path / "city.tar", replace=False)


def test_a_restore_into_a_running_city_is_refused(small: Small, tmp_path: Path) -> None:
    backup.save(small.place, tmp_path / "city.tar")

    with held(small.place.run / "up.lock"), pytest.raises(CityIsRunning):
        restore.bring_back(small.place, tmp_path / "city.tar", replace=True)


def test_a_dump_the_database_refuses_changes_nothing_and_marks_the_folder(small: Small, tmp_path: Path) -> None:
    before = small.facts()
    backup.save(small.place, tmp_path / "city.tar")
    with tarfile.open(tmp_path / "city.tar") as tar:
        dump_file, manifest_file = tar.extractfile("database.dump"), tar.extractfile("manifest.json")
        assert dump_file is not None
        assert manifest_file is not None
        dump, manifest = dump_file.read(), json.load(manifest_file)
    cut = dump[: len(dump) // 2]
    manifest["files"]["database.dump"] = {"size": len(cut), "sha256": hashlib.sha256(cut).hexdigest()}
    change: dict[str, bytes | None] = {"database.dump": cut, "manifest.json": json.dumps(manifest).encode()}
    bad = rewritten(tmp_path / "city.tar", tmp_path / "bad.tar", change)

    with pytest.raises(RestoreFailed):
        restore.bring_back(small.place, bad, replace=True)
    assert small.facts() == before
    assert small.place.unfinished_restore.read_text() == str(bad)


def test_the_manifest_says_when_and_what(small: Small, tmp_path: Path) -> None:
    backup.save(small.place, tmp_path / "city.tar")

    manifest = restore.verified(tmp_path / "city.tar")

    assert (manifest["format"], manifest["postgresql"]) == ("gusu backup 1", 18)
    assert manifest["made_at"][:10] == clock.now().isoformat()[:10]
