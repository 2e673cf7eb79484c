"""Back from a backup: verify everything, then lake files, then the database in one transaction.

A lake file that no row names does not exist for the city, so files come first; the database then changes in one
transaction.  A mark in the data folder keeps a half-done restore from being opened: running the same restore again
finishes it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec

from gusu.site.server import backup, locks
from gusu.site.server.errors import BackupIsDamaged, CityIsNotEmpty, CityIsRunning, RestoreFailed
from gusu.site.server.place import Place
from gusu.site.server.postgres import Embedded, client_program, lease

HEADER_LINES = 80
USER_SCHEMAS = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
EMPTY = f"""
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE {USER_SCHEMAS}
  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
END $$;
CREATE SCHEMA public;
"""
TABLES = f"""
SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p') AND {USER_SCHEMAS}
"""


def bring_back(place: Place, file: Path, *, replace: bool) -> dict[str, Any]:
    """Restore `file`; with `replace` also over a city.  BackupIsDamaged, CityIsNotEmpty, CityIsRunning …"""
    manifest = verified(file)
    try:
        with locks.held(place.made().run / "up.lock"), database(place) as url:
            if not replace and not is_empty(url):
                raise CityIsNotEmpty(data=place.data)
            place.unfinished_restore.write_text(str(file.resolve()))
            _put_lake_files(place, file, manifest)
            _put_database(place, file, url)
            _open_again()
            place.unfinished_restore.unlink()
    except locks.Held as other:
        raise CityIsRunning(data=place.data, pid=other.pid) from None
    here = backup.key_marks()
    missing = [name for name, mark in manifest["keys"].items() if here.get(name) != mark]
    return {"made_at": manifest["made_at"], "lake_files": len(manifest["files"]) - 1, "keys_missing": missing}


def verified(file: Path) -> dict[str, Any]:
    """The manifest, after every file it lists was read and found whole, and nothing else is in the archive."""
    try:
        with tarfile.open(file) as tar:
            found = {
                entry.name: (entry.size, _sha256(_body(tar, entry))) for entry in tar if entry.name != backup.MANIFEST
            }
            manifest: dict[str, Any] = json.loads(_body(tar, tar.getmember(backup.MANIFEST)).read())
    except (OSError, KeyError, tarfile.TarError, json.JSONDecodeError) as failure:
        raise BackupIsDamaged(file=file, reason=str(failure)) from failure
    if manifest.get("format") != backup.FORMAT:
        raise BackupIsDamaged(file=file, reason=f"format {manifest.get('format')!r}")
    listed = {name: (about["size"], about["sha256"]) for name, about in manifest["files"].items()}
    wrong = sorted(
        name for name in found.keys() | listed.keys() if found.get(name) != listed.get(name) or not _is_plain(name)
    )
    if wrong or backup.DUMP not in listed:
        raise BackupIsDamaged(file=file, reason=", ".join(wrong[:5]) or "no database in it")
    return manifest


@contextmanager
def database(place: Place) -> Iterator[str]:
    """The administrator's database, or the embedded one for as long as the block lasts; the settings will find it."""
    if os.environ.get("DATABASE_URL"):
        yield os.environ["DATABASE_URL"]
        return
    os.environ["DATABASE_URL"] = Embedded(place).url
    with lease(place) as url:
        yield url


def is_empty(url: str) -> bool:
    """Whether the database has no table of anybody's."""
    with backup.connected(url) as connection:
        return connection.execute(TABLES).fetchone() == (0,)


def empty(url: str) -> None:
    """Drop every schema that is not PostgreSQL's own."""
    with backup.connected(url) as connection:
        connection.execute(EMPTY.encode())


def _put_lake_files(place: Place, file: Path, manifest: dict[str, Any]) -> None:
    with tarfile.open(file) as tar:
        for name in manifest["files"]:
            if name == backup.DUMP:
                continue
            filesystem, path = fsspec.core.url_to_fs(f"{place.lake}/{name.removeprefix(backup.LAKE)}")
            filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with filesystem.open(path, "wb") as target:
                shutil.copyfileobj(_body(tar, tar.getmember(name)), target, backup.PIECE)


def _put_database(place: Place, file: Path, url: str) -> None:
    """Empty it and fill it in one transaction of psql's: the old city or the new one, never half of each."""
    with backup.connected(url) as connection:
        server = connection.info.server_version // 10000
    feeding, environment = backup.client(
        "psql", url, server, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"
    )
    with tempfile.NamedTemporaryFile(dir=place.run) as dump, tempfile.TemporaryFile() as said:
        with tarfile.open(file) as tar:
            shutil.copyfileobj(_body(tar, tar.getmember(backup.DUMP)), dump, backup.PIECE)
        dump.flush()
        reading = [
            client_program("pg_restore", server),
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--file=-",
            dump.name,
        ]
        with (
            subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=said) as source,
            subprocess.Popen(
                [*feeding, "--file=-"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            ) as sink,
        ):
            assert source.stdout is not None
            assert sink.stdin is not None
            _pour(source.stdout, sink.stdin, finished=lambda: source.wait() == 0)
        if sink.returncode or source.returncode:
            said.seek(0)
            raise RestoreFailed(reason=said.read().decode(errors="replace").strip()[:2000])


def _pour(source: IO[bytes], sink: IO[bytes], *, finished: Any) -> None:
    """The emptying, then the dump as SQL, less the one setting that a server before 17 does not know."""
    try:
        sink.write(EMPTY.encode())
        for _ in range(HEADER_LINES):
            line = source.readline()
            if not line.startswith(b"SET transaction_timeout"):
                sink.write(line)
        shutil.copyfileobj(source, sink, backup.PIECE)
        if not finished():
            sink.write(b"\nSELECT 'the dump could not be read'::integer;\n")  # so that psql rolls back
        sink.close()
    except BrokenPipeError:
        source.close()  # psql has said why


def _open_again() -> None:
    """Bring an older backup's tables up to date; the audit begins a new era, for later seals are gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gusu.site.settings")
    import django  # the settings read the environment, which is known only now

    django.setup()
    from gusu.kernel.audit.actions import start_new_era  # its models need the set-up above
    from gusu.site.server.prepare import migrate, report

    migrate(report)
    start_new_era()


def _body(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    body = tar.extractfile(entry) if entry.isreg() else None
    if body is None:
        raise tarfile.TarError(f"{entry.name} is not a plain file")
    return body


def _sha256(body: IO[bytes]) -> str:
    return hashlib.file_digest(body, "sha256").hexdigest()  # type: ignore[arg-type]  # a plain binary reader


def _is_plain(name: str) -> bool:
    """A name that cannot lead out of the lake."""
    path = PurePosixPath(name)
    return name == backup.DUMP or (name.startswith(backup.LAKE) and not path.is_absolute() and ".." not in path.parts)
