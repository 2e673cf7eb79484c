"""Who a process is, and making sure it does not outlive its purpose.

A number alone is no identity: the kernel hands it out again. Number and start time together are.  No psutil: Linux
has /proc, macOS has ps.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc/self/stat").exists()
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def started_at(pid: int) -> str:
    """When the process started, in whatever words this system has for it; '' for none, or only its corpse."""
    if PROC:
        fields = _stat(pid)
        return "" if not fields or fields[0] in "ZX" else fields[19]
    return _ps("lstart=", pid)


def command_of(pid: int) -> str:
    """Its command line, or ''."""
    if not PROC:
        return _ps("command=", pid)
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def is_alive(pid: int, started: str) -> bool:
    """Whether `pid` is still the process that started then."""
    return pid > 0 and started != "" and started_at(pid) == started


def members(group: int) -> list[int]:
    """Living processes of a process group."""
    if PROC:
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [pid for pid in pids if (fields := _stat(pid)) and fields[0] not in "ZX" and fields[2] == str(group)]
    listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid="], capture_output=True, text=True, check=False).stdout
    pairs = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, owner in pairs if owner == str(group)]


def is_left_over(group: int, started: str, token: str) -> bool:
    """Whether a recorded group still has processes of ours: its leader, or orphans that carry our run's token."""
    if started_at(group):
        return is_alive(group, started)
    return any(_carries(pid, token) for pid in members(group))


def kill_group(group: int, signum: int = signal.SIGKILL) -> None:
    """Signal all of a group; no error when it has gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signum)


def wait_gone(gone: Callable[[], bool], seconds: float) -> bool:
    """Whether `gone` came true in time."""
    deadline = time.monotonic() + seconds
    while not gone():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def dying_with_parent(signum: int) -> Callable[[], None]:
    """For `Popen(preexec_fn=…)`: Linux sends `signum` when the parent dies; elsewhere only the lifeline does.

    Spawn from the main thread: the kernel means the thread that forked, not the process.
    """
    parent = os.getpid()

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return ask


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (state) on; the second may itself contain spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _carries(pid: int, token: str) -> bool:
    try:
        return f"GUSU_RUN={token}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _ps(what: str, pid: int) -> str:
    return subprocess.run(
        ["ps", "-o", what, "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
