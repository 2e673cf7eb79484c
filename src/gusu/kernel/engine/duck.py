"""Running a relational program over the lake: DuckDB in a child process, so that its out-of-memory is an error here.

A program is a list of SQL statements; the rows each one answers come back.  Rows in bulk stay in files: a statement
copies them to Parquet or CSV and only counts cross the pipe.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from gusu.kernel import scratch
from gusu.kernel.engine.errors import EngineDied, EngineRefused

CHILD = Path(__file__).with_name("child.py")
Rows = list[list[Any]]


def run(statements: Sequence[str]) -> list[Rows]:
    """The rows of each statement, in order.  EngineRefused: bad input or too little memory; EngineDied: killed."""
    with scratch.folder("engine") as spill:
        program = {"settings": _limits(spill), "protocols": _protocols(), "statements": list(statements)}
        child = subprocess.run(
            [sys.executable, "-E", str(CHILD), str(os.getpid())],
            input=json.dumps(program),
            capture_output=True,
            text=True,
            env={**os.environ, "GUSU_ENGINE": str(settings.DATA)},
        )
    if child.returncode or not child.stdout:
        raise EngineDied(how=f"exit {child.returncode}")
    answer = json.loads(child.stdout)
    if "refused" in answer:
        raise EngineRefused(**answer["refused"])
    rows: list[Rows] = answer["answers"]
    return rows


def literal(value: str | int | None) -> str:
    """A value as an SQL literal (ISO/IEC 9075 §5.3)."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A column or table name as a quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def files(paths: Sequence[str]) -> str:
    """`read_parquet` over exactly these files."""
    return f"read_parquet([{', '.join(map(literal, paths))}])"


def _limits(spill: str) -> dict[str, str]:
    return {
        "memory_limit": os.environ.get("GUSU_ENGINE_MEMORY", "1GB"),
        "threads": os.environ.get("GUSU_ENGINE_THREADS", "2"),
        "temp_directory": spill,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "true",
    }


def _protocols() -> list[str]:
    return [settings.LAKE.split("://")[0]] if "://" in settings.LAKE else []
