"""Locks that the kernel lets go when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class Held(Exception):
    """Someone else has it; `pid` is who, as far as they said."""

    def __init__(self, pid: int) -> None:
        super().__init__(str(pid))
        self.pid = pid


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold `path` alone, or raise Held at once."""
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(_holder(path)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold `path` together with others."""
    with _opened(path) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def wait_until_unshared(path: Path, seconds: float) -> None:
    """Return when nobody holds `path` any more, or when time is up."""
    deadline = time.monotonic() + seconds
    with _opened(path) as file:
        while time.monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return


def is_held(path: Path) -> bool:
    """Whether a living process holds `path` alone."""
    if not path.exists():
        return False
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _opened(path: Path) -> IO[str]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return open(path, "a+")


def _holder(path: Path) -> int:
    said = path.read_text().strip()
    return int(said) if said.isdigit() else 0
