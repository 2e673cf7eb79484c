"""The engine's own process: reads one program from standard input, runs it on DuckDB, writes the answers to standard
output.

Started as a script so that it imports DuckDB and nothing of ours.  Its argument is the process number of its parent,
with which it dies.
"""

import ctypes
import json
import os
import re
import signal
import sys

OF_THE_PROGRAM = {"ParserException", "BinderException", "CatalogException"}


def main() -> int:
    _die_with_parent()
    program = json.load(sys.stdin)
    import duckdb  # only once it is sure to die with its parent

    connection = duckdb.connect(":memory:", config=program["settings"])
    for protocol in program["protocols"]:
        import fsspec

        connection.register_filesystem(fsspec.filesystem(protocol))
    answers = []
    for statement in program["statements"]:
        try:
            answers.append(connection.execute(statement).fetchall())
        except (duckdb.Error, UnicodeError) as error:
            json.dump({"refused": refusal(error) | {"statement": len(answers) + 1}}, sys.stdout)
            return 0
    json.dump({"answers": answers}, sys.stdout, default=str)
    return 0


def refusal(error: Exception) -> dict[str, object]:
    """What may be told: kind, line of a file, and the words only where they speak of the program, not of data."""
    kind, said = type(error).__name__, str(error)
    line = re.search(r"CSV Error on Line: (\d+)", said)
    about = said.splitlines()[0][:300] if kind in OF_THE_PROGRAM else ""
    return {"kind": kind, "line": int(line[1]) if line else None, "about": about}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before we asked
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
