"""Running a relational program over the lake: DuckDB in a child process, so that its out-of-memory is an error here.

A program is a list of SQL statements; the rows each one answers come back.  Rows in bulk stay in files: a statement
copies them to Parquet or CSV and only counts cross the pipe.

Files of the lake are closed: Parquet's own modular encryption, AES-GCM, whole files with one key.  A name ends in
`.k<version of the city's key>.parquet`; one without was written before there were keys and is read as it is.
"""

import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files as package
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings

from gusu.kernel import scratch
from gusu.kernel.crypto import keys
from gusu.kernel.engine import process
from gusu.kernel.engine.errors import EngineRefused

Rows = list[list[Any]]
CIPHER = "duckdb_extension_httpfs"
"""The package of the extension whose OpenSSL the engine closes files with; it writes none with what it has itself."""
PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 30720, DICTIONARY_SIZE_LIMIT 1000"
"""Codes have a dictionary; names and numbers, of which each has another, soon have none: a fifth less to write."""
KEY_OF = re.compile(r"\.(k\d+)\.parquet$")


def run(statements: Sequence[str], *, secrets: Mapping[str, str | bytes] | None = None) -> list[Rows]:
    """The rows of each statement, in order.  EngineRefused: bad input or too little memory; EngineDied: killed.

    secrets: what a program may use and no error may show - keys, salts - by name; `secret(name)` is its SQL.
    Nothing of one program is seen by the next.
    """
    with scratch.folder("engine") as spill:
        program = {
            "settings": _limits(spill),
            "protocols": _protocols(),
            "cipher": _cipher(),
            "keys": {f"k{version}": b64encode(keys.derived("lake", version)).decode() for version in keys.versions()},
            "secrets": {label: _packed(value) for label, value in (secrets or {}).items()},
            "statements": list(statements),
        }
        answer = process.ask(program, city=str(settings.DATA))
    if "refused" in answer:
        raise EngineRefused(**answer["refused"])
    rows: list[Rows] = answer["answers"]
    return rows


def secret(label: str) -> str:
    """SQL for one of `run`'s secrets: a BLOB or VARCHAR as it was given, constant while the program runs."""
    return f"getvariable({literal(label)})"


def literal(value: str | int | None) -> str:
    """A value as an SQL literal (ISO/IEC 9075 §5.3)."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A column or table name as a quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def files(paths: Sequence[str]) -> str:
    """A relation of exactly these files of the lake."""
    read = []
    for key, its in groupby(sorted(paths, key=_key_of), _key_of):
        opened = f", encryption_config = {{footer_key: {literal(key)}}}" if key else ""
        read.append(f"read_parquet([{', '.join(map(literal, its))}]{opened})")
    return read[0] if len(read) == 1 else f"({' UNION ALL BY NAME '.join(f'FROM {one}' for one in read)})"


def parquet(path: str) -> str:
    """The options of the COPY that writes this file of the lake."""
    key = _key_of(path)
    closed = f", ENCRYPTION_CONFIG {{footer_key: {literal(key)}}}" if key else ""
    return f"{PARQUET}{closed}"


def _key_of(path: str) -> str:
    found = KEY_OF.search(path)
    return found[1] if found else ""


@cache
def _cipher() -> str:
    """Where the extension is that opens and closes files."""
    [place] = Path(str(package(CIPHER))).rglob("httpfs.duckdb_extension")
    return str(place)


def _limits(spill: str) -> dict[str, str]:
    """Half the processors: the database and the pages have the others, and where two are one core's, two threads of
    the engine cost a third more than one (fusing 250,000 people: 3.0 processor seconds with two, 2.2 with one).
    """
    return {
        "memory_limit": os.environ.get("GUSU_ENGINE_MEMORY", "1GB"),
        "threads": os.environ.get("GUSU_ENGINE_THREADS") or str(max(1, (os.cpu_count() or 1) // 2)),
        "temp_directory": spill,
        "temp_file_encryption": "true",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_unsigned_extensions": "true",  # the lock file pins the one there is; to check it costs 50 ms a program
        "preserve_insertion_order": "true",
    }


def _packed(value: str | bytes) -> tuple[str, str]:
    return ("bytes", value.hex()) if isinstance(value, bytes) else ("text", value)


def _protocols() -> list[str]:
    return [settings.LAKE.split("://")[0]] if "://" in settings.LAKE else []
