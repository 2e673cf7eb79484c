"""Where the departments' systems lie, and what is kept beside them for tests and benchmarks: the truth."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from gusu.demo.departments.errors import NotBuilt


def departments_folder() -> Path:
    """The departments' own disk, closed to others."""
    return Path(settings.DATA) / "departments"


def truth(name: str) -> Path:
    return departments_folder() / "truth" / name


def emptied() -> Path:
    """The folder with nothing in it."""
    folder = departments_folder()
    shutil.rmtree(folder, ignore_errors=True)
    truth("").mkdir(parents=True)
    folder.chmod(0o700)
    return folder


def finished() -> dict[str, Any]:
    """What the finished build says of itself.  NotBuilt."""
    try:
        said: dict[str, Any] = json.loads(truth("build.json").read_bytes())
    except FileNotFoundError:
        raise NotBuilt from None
    return said


def is_built() -> bool:
    return truth("build.json").exists()


def finish(said: dict[str, Any]) -> None:
    """Say that what lies here is whole."""
    write(truth("build.json"), json.dumps(said, ensure_ascii=False, indent=1))


def write(file: Path, text: str) -> None:
    """A small file for the owner alone, whole or not at all."""
    draft = file.with_suffix(".unfinished")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    draft.replace(file)
