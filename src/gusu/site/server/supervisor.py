"""`gusu up`: the one process that starts a city, minds it and stops it.

It imports no Django and does no work of its own, so there is little in it that could die.  Every wait goes through
`pause`, which is where a SIGINT or SIGTERM takes effect; handlers are installed explicitly because a shell that
starts us in the background leaves SIGINT ignored.
"""

import contextlib
import functools
import json
import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType

import msgspec

from gusu.site.server import locks, processes
from gusu.site.server.children import Child
from gusu.site.server.errors import (
    CityDidNotBecomeReady,
    CityIsRunning,
    DatabaseIsElsewhere,
    PortIsBusy,
    PreparationFailed,
    RestoreUnfinished,
)
from gusu.site.server.place import Place
from gusu.site.server.postgres import Embedded

READY_SECONDS = 120.0
LOOPBACK = "127.0.0.1"
Report = Callable[[str], None]


class Stopped(Exception):
    """Someone asked us to stop."""


class Kept(msgspec.Struct, frozen=True):
    """A child and the process group it leads."""

    name: str
    pid: int
    started: str


class Running(msgspec.Struct, frozen=True):
    """What a supervisor writes about itself.  database: "embedded" or "yours"; `run` marks its children."""

    pid: int
    started: str
    run: str
    database: str
    children: list[Kept]


@dataclass
class Supervisor:
    """One run of one city."""

    place: Place
    port: int
    people: int
    report: Report
    asked: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    database: Embedded | None = None
    children: list[Child] = field(default_factory=list)

    def up(self) -> None:
        """Run the city until asked to stop."""
        with ExitStack() as stack:
            stack.enter_context(self._listening())
            stack.enter_context(self._alone())
            with contextlib.suppress(Stopped):
                self._live(stack)
                self._mind()
            self.report("stopping")
        self.report("stopped")

    def pause(self, seconds: float) -> None:
        """Wait, unless asked to stop.  A signal cuts the wait short."""
        deadline = time.monotonic() + seconds
        while not self.asked and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
        if self.asked:
            raise Stopped

    # --- starting -------------------------------------------------------------------------------------------------

    def _live(self, stack: ExitStack) -> None:
        began = time.monotonic()
        if self.place.unfinished_restore.exists():
            raise RestoreUnfinished(file=self.place.unfinished_restore.read_text().strip())
        end_left_overs(self.place, self.report)
        self.port = _free_port(self.port)
        environment = self._environment(stack)
        signs = self._prepared(environment)
        cord, held_end = os.pipe()
        stack.callback(os.close, held_end)
        stack.callback(os.close, cord)
        stack.callback(self._stop_children)
        self._start_children(environment, cord)
        self._wait_until_ready()
        self.place.address_file.write_text(f"{self.address}\n")
        stack.callback(self.place.address_file.unlink, missing_ok=True)
        self.report(f"ready after {time.monotonic() - began:.1f} s")
        print("\n".join(["", f"  姑苏 Gusu   {self.address}", "", *(f"  {sign}" for sign in signs), ""]), flush=True)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @contextmanager
    def _listening(self) -> Iterator[None]:
        def ask(signum: int, frame: FrameType | None) -> None:
            self.asked += 1

        names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(name, ask) for name in names]
        try:
            yield
        finally:
            for name, handler in zip(names, before, strict=True):
                signal.signal(name, handler)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.place.made()
        try:
            with locks.held(self.place.run / "up.lock"):
                yield
        except locks.Held as other:
            raise CityIsRunning(data=self.place.data, pid=other.pid) from None

    def _environment(self, stack: ExitStack) -> dict[str, str]:
        """What our processes are told: the data folder, the database (started, unless it is yours), whose they are."""
        ours = {"GUSU_DATA": str(self.place.data), "GUSU_RUN": self.run, "DJANGO_SETTINGS_MODULE": "gusu.site.settings"}
        ours["GUSU_PUBLIC_URL"] = os.environ.get("GUSU_PUBLIC_URL") or self.address
        if os.environ.get("DATABASE_URL"):
            self.report("database: yours (DATABASE_URL)")
            self._record("yours")
            return ours
        self._own_database(stack)
        self.database = Embedded(self.place)
        stack.callback(self.database.stop)
        self._start_database()
        self._record("embedded")
        return {**ours, "DATABASE_URL": self.database.url}

    def _own_database(self, stack: ExitStack) -> None:
        """Wait for a command that borrowed the database while no city was running."""
        waiting_for = 0
        while True:
            try:
                stack.enter_context(locks.held(self.place.run / "postgres.lock"))
                return
            except locks.Held as other:
                if other.pid != waiting_for:
                    self.report(f"waiting for the command that uses the database (process {other.pid})")
                waiting_for = other.pid
                self.pause(0.1)

    def _start_database(self) -> None:
        assert self.database is not None
        began = time.monotonic()
        new = not (self.place.postgres / "PG_VERSION").exists()
        self.database.start(while_waiting=lambda: self.pause(0))
        self.report(f"database: {'made and ' if new else ''}started in {time.monotonic() - began:.1f} s")

    def _record(self, database: str) -> None:
        """Who runs here: what `down`, `status` and the next `up` need to know."""
        pid = os.getpid()
        known = [Kept(child.name, child.process.pid, child.started) for child in self.children if child.process]
        about = Running(pid, processes.started_at(pid), self.run, database, known)
        draft = self.place.run / "city.json.new"
        draft.write_bytes(msgspec.json.encode(about))
        draft.replace(self.place.run / "city.json")

    def _prepared(self, environment: dict[str, str]) -> list[str]:
        """Migrations, static files, packs and demo people, by a process that ends; answers the lines to show."""
        answer = self.place.run / "prepared.json"
        answer.unlink(missing_ok=True)
        with _cord() as cord:
            command = [sys.executable, "-m", "gusu.site.server.prepare", str(answer), "--people", str(self.people)]
            child = Child("prepare", command, environment, cord)
            self.children = [child]
            child.start()
            self._record("embedded" if self.database else "yours")
            try:
                while child.is_running():
                    self.pause(0.05)
            finally:
                failed = child.process is None or child.process.poll() != 0
                child.end()
                self.children = []
        if failed or not answer.exists():
            raise PreparationFailed
        lines: list[str] = json.loads(answer.read_text())
        answer.unlink()
        return lines

    def _start_children(self, environment: dict[str, str], cord: int) -> None:
        python = [sys.executable, "-m"]
        self.children = [
            Child("web", [*python, "gusu.site.web", "--port", str(self.port)], environment, cord, seconds_to_stop=10.0),
            Child("worker", [*python, "gusu.site.worker"], environment, cord, seconds_to_stop=30.0),
        ]
        if (records := self.place.data / "departments" / "health").exists():  # a demo city's, by `gusu demo`
            command = [*python, "gusu.demo.departments.health", "--folder", str(records)]
            self.children.append(Child("departments", command, environment, cord, seconds_to_stop=5.0))
        for child in self.children:
            child.start()
        self._record("embedded" if self.database else "yours")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while (said := health(self.address)) != "ok":
            if time.monotonic() > deadline:
                raise CityDidNotBecomeReady(seconds=int(READY_SECONDS), reason=said)
            self._tend()
            self.pause(0.1)

    # --- minding --------------------------------------------------------------------------------------------------

    def _mind(self) -> None:
        while True:
            self._tend()
            self.pause(0.2)

    def _tend(self) -> None:
        if self.database is not None and not self.database.is_running():
            self.report("database ended; starting it again")
            self._start_database()
        happened = [said for child in self.children if (said := child.keep_alive())]
        for said in happened:
            self.report(said)
        if happened:
            self._record("embedded" if self.database else "yours")

    # --- stopping -------------------------------------------------------------------------------------------------

    def _stop_children(self) -> None:
        """SIGTERM to all, their time to finish, SIGKILL to what is left.  A second signal to us shortens the wait."""
        for child in self.children:
            child.stop()
        patience, asked = time.monotonic(), self.asked
        for child in self.children:
            while (
                not child.stopped(0.05) and time.monotonic() < patience + child.seconds_to_stop and self.asked == asked
            ):
                continue
            child.end()
        (self.place.run / "city.json").unlink(missing_ok=True)


def health(address: str) -> str:
    """'ok', or what /healthz says is not ready."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            return "ok" if answer.status == 200 else str(answer.status)
    except urllib.error.HTTPError as refused:
        return f"{refused.code} {refused.read(500).decode(errors='replace')}"
    except OSError as unreachable:
        return str(unreachable)


def running(place: Place) -> Running | None:
    """What the supervisor of this data folder wrote about itself, if it is alive."""
    about = _recorded(place)
    return about if about and processes.is_alive(about.pid, about.started) else None


def require_same_database(place: Place) -> None:
    """Refuse to open the embedded database beside a running city that uses another."""
    about = running(place)
    if about and about.database == "yours" and os.environ.get("DATABASE_URL") in (None, Embedded(place).url):
        raise DatabaseIsElsewhere


def end_left_overs(place: Place, report: Report) -> int:
    """End what a killed supervisor left: the process groups it recorded, if they are still the same processes."""
    about, ended = _recorded(place), 0
    for child in about.children if about else []:
        if about and processes.is_left_over(child.pid, child.started, about.run):
            report(f"ending {child.name} (process {child.pid}), left over from a killed run")
            processes.kill_group(child.pid)
            processes.wait_gone(functools.partial(_has_left, child.pid), 10)
            ended += 1
    (place.run / "city.json").unlink(missing_ok=True)
    return ended


def ask_to_stop(about: Running, seconds: float) -> bool:
    """Send SIGTERM to a city's supervisor and wait; whether it has gone."""
    os.kill(about.pid, signal.SIGTERM)
    return processes.wait_gone(lambda: not processes.is_alive(about.pid, about.started), seconds)


def _recorded(place: Place) -> Running | None:
    try:
        return msgspec.json.decode((place.run / "city.json").read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _has_left(group: int) -> bool:
    return not processes.members(group)


def _free_port(port: int) -> int:
    """The port itself when it is free; for 0, one that is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise PortIsBusy(port=port) from None
        return int(probe.getsockname()[1])


@contextmanager
def _cord() -> Iterator[int]:
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)
