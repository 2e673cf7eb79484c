"""The city's keys: files of their own, outside the data folder, so that a stolen disk or backup opens nothing.

`master-1.key`, `master-2.key` …: 32 random bytes each; the highest is active, the others still open what they closed.
Every use gets a key of its own by HKDF (RFC 5869).  `GUSU_KEYS` names the folder.  Imports no Django: the settings
ask it for their secret.
"""

import os
import secrets
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def folder() -> Path:
    """Where the keys are; made for the owner alone on first use."""
    named = os.environ.get("GUSU_KEYS")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    place = Path(named) if named else config / "gusu" / "keys"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def versions() -> list[int]:
    """Known key versions, oldest first; the first call of a new city makes version 1."""
    known = sorted(int(path.stem.split("-")[1]) for path in folder().glob("master-*.key"))
    return known or [_make(1)]


def active() -> int:
    return versions()[-1]


def rotate() -> int:
    """Make a new master key and use it from now on; answers its version."""
    version = _make(active() + 1)
    _derived.cache_clear()
    return version


def derived(use: str, version: int, length: int = 32) -> bytes:
    """The key of one use under one master version."""
    return _derived(folder(), use, version, length)


def site_secret(use: str) -> str:
    """A text secret for a library's own signing (Django's SECRET_KEY); stays with version 1 so that sessions outlive
    a rotation.
    """
    return derived(f"secret/{use}", versions()[0]).hex()


def remember_anchor(city: Path, text: str) -> None:
    """Keep a city's newest audit seal beside the keys, where whoever rewrites the database cannot reach.

    city: its data folder; several on one machine may share their keys.
    """
    draft = folder() / f".anchor-{secrets.token_hex(8)}"
    draft.write_text(text)
    draft.replace(_anchor(city))


def anchor(city: Path) -> list[str]:
    """[seal, digest] as last remembered, or nothing."""
    path = _anchor(city)
    return path.read_text().split() if path.exists() else []


def beside(what: str, city: Path) -> Path:
    """Where something of one city lies beside the keys, which several cities may share. city: its data folder."""
    return folder() / f"{what}-{sha256(os.fsencode(city)).hexdigest()[:16]}"


def _anchor(city: Path) -> Path:
    return beside("audit-anchor", city)


@cache
def _derived(_place: Path, use: str, version: int, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=f"gusu/{use}".encode()).derive(_master(version))


def _master(version: int) -> bytes:
    return (folder() / f"master-{version}.key").read_bytes()


def _make(version: int) -> int:
    """Two processes starting together make one key: the first to link it wins."""
    draft = folder() / f".{secrets.token_hex(8)}"
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, folder() / f"master-{version}.key")
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return version
