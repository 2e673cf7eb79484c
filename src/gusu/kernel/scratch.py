"""Folders for work under way: in the data folder, closed to others, gone with the work, or swept once its process is.

They hold rows on their way between lake and database: the system's /tmp, where a killed process would leave them, is no
place for those.
"""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings


def folder(use: str) -> "TemporaryDirectory[str]":
    """An empty folder that disappears with its object. Its name begins with our process number; `use` is for people."""
    return TemporaryDirectory(prefix=f"{os.getpid()}-{use}-", dir=_place(), ignore_cleanup_errors=True)


def sweep() -> int:
    """Remove what processes that are gone have left; answers how many folders."""
    left = [path for path in _place().iterdir() if not _is_alive(path.name.split("-", 1)[0])]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _place() -> Path:
    place = Path(settings.DATA) / "run" / "scratch"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
