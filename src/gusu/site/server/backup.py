"""A city in one file: PostgreSQL first, then every lake file it names, all as of one moment.

    database.dump      pg_dump's custom format
    lake/…             the files that `kernel_lakefile` names in the same snapshot
    manifest.json      when, from what, the sha256 of everything above, and which keys open it - not the keys

The dump and the list of files come from one exported snapshot, so they belong together while the city goes on working.
"""

import hashlib
import io
import json
import os
import secrets
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import fsspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gusu.kernel import clock
from gusu.kernel.crypto import keys
from gusu.site.server.errors import BackupExists, BackupFailed, NoDatabase
from gusu.site.server.place import Place
from gusu.site.server.postgres import client_program

FORMAT = "gusu backup 1"
DUMP, LAKE, MANIFEST = "database.dump", "lake/", "manifest.json"
PIECE = 1 << 20


@dataclass
class Hashing:
    """A file that counts and hashes what is read from it."""

    file: IO[bytes]
    size: int = 0

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self._digest.update(piece)
        self.size += len(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def save(place: Place, target: Path) -> dict[str, Any]:
    """Write the backup and answer its manifest in short.  BackupExists, BackupFailed."""
    if target.exists():
        raise BackupExists(file=target)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.unfinished")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            manifest = _write(place, file, target.parent)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise BackupExists(file=target)
        draft.rename(target)
    except OSError as failure:
        raise BackupFailed(reason=str(failure)) from failure
    finally:
        draft.unlink(missing_ok=True)
    return {
        "file": str(target),
        "bytes": target.stat().st_size,
        "lake_files": len(manifest["files"]) - 1,
        "made_at": manifest["made_at"],
        "keys": sorted(manifest["keys"]),
    }


def key_marks() -> dict[str, str]:
    """A mark for each key, from which the key cannot be had: whether the right keys are here shows by comparing."""
    return {f"master-{version}.key": keys.derived("backup mark", version).hex()[:16] for version in keys.versions()}


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in one read-only snapshot."""
    try:
        connection = psycopg.connect(url)
    except psycopg.OperationalError as failure:
        raise NoDatabase(reason=str(failure).strip()) from failure
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def client(name: str, url: str, server: int, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of a PostgreSQL program; `ps` shows the first, so a password goes by the second."""
    about: dict[str, Any] = dict(conninfo_to_dict(url))
    password = about.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    return [client_program(name, server), f"--dbname={make_conninfo(**about)}", *arguments], environment


def _write(place: Place, file: IO[bytes], scratch: Path) -> dict[str, Any]:
    url = os.environ["DATABASE_URL"]
    with connected(url) as connection, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        server = connection.info.server_version // 10000
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "made_at": clock.now().isoformat(),
            "postgresql": server,
            "keys": key_marks(),
            "files": {
                DUMP: _add_dump(
                    tar,
                    scratch,
                    client("pg_dump", url, server, "--format=custom", "--compress=1", f"--snapshot={snapshot[0]}"),
                )
            },
        }
        for path, sha256 in _named_files(connection):
            manifest["files"][LAKE + path] = _add_lake_file(tar, f"{place.lake}/{path}", path, sha256)
        body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        tar.addfile(_entry(MANIFEST, len(body)), io.BytesIO(body))
    return manifest


def _add_dump(tar: tarfile.TarFile, scratch: Path, command: tuple[list[str], dict[str, str]]) -> dict[str, Any]:
    with tempfile.TemporaryFile(dir=scratch) as dump:
        done = subprocess.run(command[0], env=command[1], stdout=dump, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise BackupFailed(reason=done.stderr.strip())
        size = dump.tell()
        dump.seek(0)
        return _add(tar, DUMP, dump, size)


def _named_files(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """(path, sha256) of every lake file that exists by this snapshot."""
    known = connection.execute("SELECT to_regclass('kernel_lakefile') IS NOT NULL").fetchone()
    if not known or not known[0]:
        return []
    return connection.execute("SELECT path, sha256 FROM kernel_lakefile ORDER BY path").fetchall()


def _add_lake_file(tar: tarfile.TarFile, address: str, path: str, sha256: str) -> dict[str, Any]:
    filesystem, inside = fsspec.core.url_to_fs(address)
    try:
        size = int(filesystem.size(inside))
        with filesystem.open(inside, "rb") as body:
            added = _add(tar, LAKE + path, body, size)
    except FileNotFoundError:
        raise BackupFailed(reason=f"the lake has no {path}, which the database names") from None
    if added["sha256"] != sha256:
        raise BackupFailed(reason=f"{path} in the lake is not what the database says it is")
    return added


def _add(tar: tarfile.TarFile, name: str, body: IO[bytes], size: int) -> dict[str, Any]:
    hashing = Hashing(body)
    tar.addfile(_entry(name, size), hashing)
    return {"size": hashing.size, "sha256": hashing.sha256}


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(clock.now().timestamp())
    return entry
