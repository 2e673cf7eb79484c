"""The engine's own process: reads one program from standard input, runs it on DuckDB, writes the answers to standard
output.

Started as a script so that it imports DuckDB and nothing of ours.  Its argument is the process number of its parent,
with which it dies.
"""

import ctypes
import json
import os
import signal
import sys


def main() -> int:
    _die_with_parent()
    program = json.load(sys.stdin)
    import duckdb  # only once it is sure to die with its parent

    connection = duckdb.connect(":memory:", config=program["settings"])
    for protocol in program["protocols"]:
        import fsspec

        connection.register_filesystem(fsspec.filesystem(protocol))
    try:
        answers = [connection.execute(statement).fetchall() for statement in program["statements"]]
    except duckdb.Error as error:
        json.dump({"refused": f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"}, sys.stdout)
        return 0
    json.dump({"answers": answers}, sys.stdout, default=str)
    return 0


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before we asked
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
