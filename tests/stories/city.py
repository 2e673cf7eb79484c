"""A real city for a story: started by `gusu up`, looked at from outside, killed in parts."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gusu.site.server import processes
from gusu.site.server.place import Place
from gusu.site.server.postgres import Embedded

ROOT = Path(__file__).parents[2]
HAND = [sys.executable, "-m", "tests.stories.hand"]
PATIENCE = 120.0


def wait_for(
    what: str,
    is_so: Callable[[], object],
    *,
    seconds: float = PATIENCE,
    every: float = 0.02,
    traces: Callable[[], str] = str,
) -> Any:
    """What `is_so` answers once it answers something true; else a failure that shows the `traces`."""
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s for {what}\n{traces()}")
        time.sleep(every)
    return answer


class City:
    """A data folder and keys of its own, a supervisor, and a hand inside. people: of its demo departments."""

    def __init__(self, folder: Path, *, people: int = 0) -> None:
        self.place, self.people = Place(folder / "data"), people
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("GUSU_", "DATABASE_URL"))}
        self.environment = {**rest, "GUSU_DATA": str(self.place.data), "GUSU_KEYS": str(folder / "keys")}
        self.said = folder / "said.txt"
        self.supervisor: subprocess.Popen[bytes] | None = None
        self._hand: subprocess.Popen[str] | None = None
        self._reader: psycopg.Connection[Any] | None = None

    def up(self) -> None:
        """Start the city and come back when it says it is ready."""
        self.place.address_file.unlink(missing_ok=True)
        with open(self.said, "ab") as said:
            command = [sys.executable, "-m", "gusu", "up", "--port", "0", "--people", str(self.people)]
            self.supervisor = subprocess.Popen(command, env=self.environment, stdout=said, stderr=said)
        wait_for("the city to be ready", self._has_said_ready)

    def down(self) -> None:
        for process in (self._hand, self.supervisor):
            if process is not None:
                process.terminate()
                process.wait(PATIENCE)
        if self._hand is not None and self._hand.stdin and self._hand.stdout:
            self._hand.stdin.close()
            self._hand.stdout.close()
        if self._reader is not None:
            self._reader.close()

    def command(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and answer of a `gusu` command."""
        command = [sys.executable, "-m", "gusu", *words, "--json"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout or "{}")

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the city's database, waiting for it when it is away."""
        return wait_for("the database", lambda: self._read(sql, values))[0]

    def hand(self, deed: str, *given: object) -> Any:
        """Let the process inside do one of its deeds."""
        if self._hand is None:
            ours = {"DATABASE_URL": Embedded(self.place).url, "DJANGO_SETTINGS_MODULE": "gusu.site.settings"}
            pipe = subprocess.PIPE
            inside = {**self.environment, **ours}
            self._hand = subprocess.Popen(HAND, cwd=ROOT, env=inside, stdin=pipe, stdout=pipe, text=True)
        assert self._hand.stdin is not None
        assert self._hand.stdout is not None
        self._hand.stdin.write(json.dumps({"do": deed, "with": given}) + "\n")
        self._hand.stdin.flush()
        line = self._hand.stdout.readline()
        assert line, f"the hand died at {deed}"
        return json.loads(line)

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.place.address()}/healthz", timeout=10) as answer:
                return int(answer.status) == 200
        except (OSError, ValueError, urllib.error.HTTPError):
            return False

    # --- killing --------------------------------------------------------------------------------------------------

    def victims(self, part: str) -> list[int]:
        """Process numbers of a part at this moment: web, worker, engine, postgres, backend, supervisor."""
        if part == "supervisor":
            return [self.supervisor.pid] if self.supervisor else []
        if part == "postgres":
            return [int((self.place.postgres / "postmaster.pid").read_text().split("\n", 1)[0])]
        if part == "backend":
            sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            return [pid for (pid,) in self.ask(sql)]
        if part == "engine":
            return self.engines_at_work()
        about = json.loads((self.place.run / "city.json").read_text())
        leaders = [child["pid"] for child in about["children"] if child["name"] == part]
        return [pid for leader in leaders for pid in processes.members(leader) if pid not in self.engines()]

    def engines(self) -> list[int]:
        """The engine's children of this city; they outlive a program by a minute."""
        mark = f"GUSU_ENGINE={self.place.data}".encode()
        return [pid for pid in _pids() if mark in _environment_of(pid)]

    def engines_at_work(self) -> list[int]:
        """Those that run a program at this moment: an engine says by its name what it is at."""
        return [pid for pid in self.engines() if _name_of(pid) == "gusu-engine"]

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        if self.supervisor is not None and pid == self.supervisor.pid:
            self.supervisor.wait(PATIENCE)

    def _has_said_ready(self) -> bool:
        assert self.supervisor is not None
        assert self.supervisor.poll() is None, self.said.read_text()
        return self.place.address_file.exists()

    def _read(self, sql: str, values: tuple[object, ...]) -> list[list[tuple[Any, ...]]]:
        """The rows in a list of one, or nothing while the database is away."""
        try:
            if self._reader is None:
                self._reader = psycopg.connect(Embedded(self.place).url, autocommit=True)
            return [self._reader.execute(sql.encode(), values).fetchall()]
        except psycopg.OperationalError:
            if self._reader is not None:
                self._reader.close()
            self._reader = None
            return []


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
