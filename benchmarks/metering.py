"""What a piece of work costs in a city of its own: processor time by kind of process, time on the clock, memory.

The work runs in a child, on a throw-away city whose PostgreSQL has a real city's durable settings; its parent looks on,
reads /proc at the beginning and end of each stage, and between them follows memory.  So the measuring is in no figure.
"""

import importlib
import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import running
from gusu.site.server import processes
from gusu.site.server.throwaway import throwaway_city

WORKER, ENGINE, CITY, SOURCE = "worker", "engine", "postgres of the city", "postgres of the source"
SERVICE, HAND = "health service", "by hand"
TOLD_BY = {  # words of a command line
    "departments.health": SERVICE,
    "by_hand.py": HAND,
    "_police": SOURCE,
    "_civil_affairs": SOURCE,
}
EVERY, MEMORY_EVERY = 0.1, 0.5  # seconds
_fork = multiprocessing.get_context("fork")
Kinds = dict[str, float]


@dataclass(frozen=True)
class Cost:
    """Of one stage. cpu: seconds of processor by kind of process; wall: seconds; memory: most bytes at once.

    A page that several processes share is counted once (Pss).  The department's service is no part of us: it has its
    own kind, and none of its time or memory is in `ours` or `memory`.
    """

    cpu: Kinds = field(default_factory=dict)
    wall: float = 0.0
    memory: int = 0

    @property
    def ours(self) -> float:
        return sum(spent for kind, spent in self.cpu.items() if kind != SERVICE)

    def __add__(self, other: "Cost") -> "Cost":
        cpu = {kind: self.cpu.get(kind, 0.0) + other.cpu.get(kind, 0.0) for kind in {*self.cpu, *other.cpu}}
        return Cost(cpu, self.wall + other.wall, max(self.memory, other.memory))


class Meter:
    """The child's end: says where a stage begins and ends, and waits until its parent has looked."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe

    @contextmanager
    def stage(self, name: str, about: str = "") -> Iterator[None]:
        """Stages may lie inside one another; those of one name are added up.  about: for whoever watches."""
        self.tell("begins", (name, about))
        yield
        self.tell("ends", (name, about))

    def tell(self, what: str, said: object) -> None:
        self.pipe.send((what, said))
        self.pipe.recv()


def measured(module: str, work: str, *args: object) -> tuple[Any, dict[str, Cost]]:
    """What `module.work(meter, *args)` answers in a city of its own, and the cost of each stage it names."""
    ours, its = _fork.Pipe()
    child = _fork.Process(target=_run, args=(its, ours, module, work, args))
    child.start()
    its.close()
    try:
        return _followed(ours, _Watch(child.pid or 0))
    finally:
        ours.close()
        child.join()


def _run(pipe: Connection, others: Connection, module: str, work: str, args: tuple[object, ...]) -> None:
    others.close()  # else we would wait for ever for a parent that has died
    meter = Meter(pipe)
    try:
        with throwaway_city(settings={}) as place:
            meter.tell("postmaster", int((place.postgres / "postmaster.pid").read_text().split("\n", 1)[0]))
            answer = getattr(importlib.import_module(module), work)(meter, *args)
    except BaseException:
        pipe.send(("failed", traceback.format_exc()))
        os._exit(1)
    pipe.send(("done", answer))


def _followed(pipe: Connection, watch: "_Watch") -> tuple[Any, dict[str, Cost]]:
    costs: dict[str, Cost] = {}
    begun: dict[str, tuple[Kinds, float]] = {}
    while True:
        if not pipe.poll(EVERY):
            watch.look()
            continue
        what, said = pipe.recv()
        if what == "done":
            return said, costs
        if what == "failed":
            raise RuntimeError(said)
        if what == "postmaster":
            watch.postmaster = said
        elif what == "begins":
            name, _ = said
            watch.peaks[name] = 0
            begun[name] = watch.spent(), time.monotonic()
        elif what == "ends":
            name, about = said
            before, at = begun.pop(name)
            now, wall = watch.spent(), time.monotonic() - at
            cost = Cost({kind: now[kind] - before[kind] for kind in now}, wall, watch.peaks.pop(name))
            costs[name] = costs.get(name, Cost()) + cost
            words = f"{name} {about}".strip()
            print(f"{words:40} {cost.ours:7.2f} s of processor {wall:7.2f} s", file=sys.stderr, flush=True)
        pipe.send(None)


class _Watch:
    """The processes under a child and those of its PostgreSQL.

    A process that has ended is in its parent's time: an engine in the worker's, a backend in the postmaster's.  What
    backends of the source spent is therefore remembered from the last look at them.
    """

    def __init__(self, worker: int) -> None:
        self.worker, self.postmaster = worker, 0
        self.peaks: dict[str, int] = {}
        self._kinds: dict[int, str] = {}
        self._source: dict[int, float] = {}
        self._next = 0.0

    def look(self) -> None:
        self.spent()
        if self.peaks and time.monotonic() > self._next:
            now = running.shared_out_bytes([*self._ours(), *self._postgres()])
            self.peaks = {stage: max(peak, now) for stage, peak in self.peaks.items()}
            self._next = time.monotonic() + MEMORY_EVERY

    def spent(self) -> Kinds:
        """Seconds of processor since each process began, by kind."""
        spent = dict.fromkeys((WORKER, ENGINE, CITY, SOURCE, SERVICE, HAND), 0.0)
        spent[WORKER], spent[ENGINE] = running.own_and_ended(self.worker)
        for pid in running.children_of(self.worker):
            if pid != self.postmaster:
                spent[self._kind(pid)] += running.cpu_seconds([pid])
        backends = self._postgres()
        self._source |= {pid: running.cpu_seconds([pid]) for pid in backends if self._kind(pid) == SOURCE}
        spent[SOURCE] = sum(self._source.values())
        spent[CITY] = running.cpu_seconds(backends) - spent[SOURCE]
        return spent

    def _ours(self) -> list[int]:
        children = running.children_of(self.worker)
        return [self.worker, *(pid for pid in children if pid != self.postmaster and self._kind(pid) != SERVICE)]

    def _postgres(self) -> list[int]:
        return [self.postmaster, *running.children_of(self.postmaster)] if self.postmaster else []

    def _kind(self, pid: int) -> str:
        """By its command line; a corpse has none, and keeps the kind it had."""
        if said := processes.command_of(pid):
            self._kinds[pid] = next((kind for words, kind in TOLD_BY.items() if words in said), ENGINE)
        return self._kinds.get(pid, ENGINE)
