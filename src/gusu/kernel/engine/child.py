"""The engine's own process: reads programs from standard input, runs each on a DuckDB of its own, writes the answers to
standard output.

Started as a script so that it imports DuckDB and nothing of ours.  Its arguments are the process number of its parent,
with which it dies, and the seconds it waits for the next program before it ends.  A frame is its length (8 bytes, the
highest first) and JSON.  To a program it answers first an empty frame - it is read whole, and begun - and then its
rows.  Its name says what it is at: `gusu-engine` during a program, `gusu-idle` between two.
"""

import ctypes
import json
import os
import re
import select
import signal
import sys
from contextlib import closing
from typing import IO, Any

OF_THE_PROGRAM = {"ParserException", "BinderException", "CatalogException"}
SMALL = 256 << 20  # resident bytes; one that keeps more after a program does not wait for another
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


def main() -> int:
    _die_with_parent()
    import duckdb  # noqa: F401 - only once it is sure to die with its parent; while the parent writes

    answers = _apart_from_what_libraries_print()
    idle = float(sys.argv[2])
    while _resident() < SMALL and select.select([sys.stdin.buffer], [], [], idle)[0]:
        frame = read(sys.stdin.buffer)
        if not frame:
            break
        _call_it(b"gusu-engine")
        write(answers, b"")
        answer = json.dumps(run(json.loads(frame)), default=str).encode()
        _call_it(b"gusu-idle")
        write(answers, answer)
    return 0


def run(program: dict[str, Any]) -> dict[str, object]:
    """The rows of each statement, or what is told of the one that was refused."""
    import duckdb  # for the reason given in main

    answers: list[object] = []
    with closing(duckdb.connect(":memory:", config=program["settings"])) as connection:
        connection.execute(f"LOAD '{program['cipher']}'")
        for label, key in program["keys"].items():
            connection.execute(f"PRAGMA add_parquet_key('{label}', '{key}')")
        for protocol in program["protocols"]:
            import fsspec  # few programs need it

            connection.register_filesystem(fsspec.filesystem(protocol))
        secrets = {name: _secret(*given) for name, given in program["secrets"].items()}
        for name, value in secrets.items():
            connection.execute(f'SET VARIABLE "{name}" = ?', [value])
        for statement in program["statements"]:
            try:
                answers.append(connection.execute(statement).fetchall())
            except (duckdb.Error, UnicodeError) as error:
                told = refusal(error, list(secrets.values())) | {"statement": len(answers) + 1}
                return {"refused": told}
    return {"answers": answers}


def refusal(error: Exception, secrets: list[str | bytes]) -> dict[str, object]:
    """What may be told: kind, line of a file, and the words only where they speak of the program, not of data."""
    kind, said = type(error).__name__, str(error)
    line = re.search(r"CSV Error on Line: (\d+)", said)
    about = said.splitlines()[0][:300] if kind in OF_THE_PROGRAM and not _tells(said, secrets) else ""
    return {"kind": kind, "line": int(line[1]) if line else None, "about": about}


def read(source: IO[bytes]) -> bytes:
    """The next frame; nothing when the parent has closed its end."""
    length = source.read(8)
    return source.read(int.from_bytes(length, "big")) if len(length) == 8 else b""


def write(target: IO[bytes], frame: bytes) -> None:
    target.write(len(frame).to_bytes(8, "big"))
    target.write(frame)
    target.flush()


def _secret(kind: str, text: str) -> str | bytes:
    return bytes.fromhex(text) if kind == "bytes" else text


def _tells(said: str, secrets: list[str | bytes]) -> bool:
    """Whether words show a secret or the beginning of one, as text, in hexadecimal or as DuckDB writes bytes."""
    for secret in secrets:
        raw = secret if isinstance(secret, bytes) else secret.encode()
        shown = "".join(chr(byte) if 31 < byte < 127 and chr(byte) not in "\\'\"" else f"\\x{byte:02X}" for byte in raw)
        if any(form[:12] in said for form in (shown, raw.hex(), raw.hex().upper(), raw.decode(errors="replace"))):
            return True
    return False


def _apart_from_what_libraries_print() -> IO[bytes]:
    """Standard output for frames alone: what else writes there goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return answers


def _resident() -> int:
    """Bytes of memory that this process holds; 0 where nothing tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _call_it(name: bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, name)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before we asked
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
