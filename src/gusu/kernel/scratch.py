"""Folders for work under way: in the data folder, closed to others, gone with the work, or swept once its process is.

They hold rows on their way between lake and database: the system's /tmp, where a killed process would leave them, is no
place for those.  Each process has a folder of its own and holds a lock beside it, which the kernel lets go however the
process ends; a process number would not do, since a dead process that nobody waits for keeps its own.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

_step: ContextVar[ExitStack | None] = ContextVar("folders_of_the_step", default=None)


def folder(use: str) -> "TemporaryDirectory[str]":
    """An empty folder that disappears with its object; `use` is for whoever looks."""
    return TemporaryDirectory(prefix=f"{use}-", dir=_ours(_place()), ignore_cleanup_errors=True)


@contextmanager
def until_the_step_ends() -> Iterator[None]:
    """What `for_the_step` gives out inside goes when this ends, whether the commit ran, failed or was never reached."""
    with ExitStack() as kept:
        token = _step.set(kept)
        try:
            yield
        finally:
            _step.reset(token)


def for_the_step(use: str) -> Path:
    """A folder that the running step's work fills and its commit reads."""
    kept = _step.get()
    if kept is None:
        raise RuntimeError("scratch.for_the_step is for what runs inside a @step")
    return Path(kept.enter_context(folder(use)))


def sweep() -> int:
    """Remove what processes that are gone have left; answers how many there were."""
    swept = 0
    for lock in _place().glob("*.lock"):
        handle = os.open(lock, os.O_RDWR)
        if _taken(handle):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
            swept += 1
        os.close(handle)
    return swept


@cache
def _ours(place: Path) -> Path:
    """This process's folder. The handle of its lock is never closed."""
    root = place / f"{os.getpid()}-{secrets.token_hex(4)}"
    lock = root.with_suffix(".lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    if not _taken(handle) or not lock.exists():
        raise BlockingIOError(f"{lock}: swept while being made")
    root.mkdir(mode=0o700)
    return root


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _place() -> Path:
    place = Path(settings.DATA) / "run" / "scratch"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place
