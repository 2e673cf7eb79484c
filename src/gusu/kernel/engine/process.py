"""The engine's process as its caller holds it: one for each thread that asks, kept between programs.

Starting one costs more than most programs do.  It belongs to its thread because Linux lets a child die with the thread
that made it, not with the process.  It ends when idle for a minute, with its thread, or at exit; a fork has none.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

from gusu.kernel.engine import child
from gusu.kernel.engine.errors import EngineDied

IDLE = 60.0
"""Seconds that an engine waits for the next program."""
_kept = threading.local()


class NeverBegun(EngineDied):
    """The engine had ended before it read the program whole: another may be given it."""


class Engine:
    """A running child. city: the data folder it works for, by which it is found."""

    def __init__(self, city: str) -> None:
        self.city = city
        self.process = subprocess.Popen(
            [sys.executable, "-E", str(Path(child.__file__)), str(os.getpid()), str(IDLE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GUSU_ENGINE": city},
        )
        self.end = weakref.finalize(self, _end, self.process, os.getpid())

    def ask(self, frame: bytes) -> bytes:
        """The answer to a program.  Whatever goes wrong on the way, this engine ends."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            try:
                child.write(self.process.stdin, frame)
            except BrokenPipeError:
                raise NeverBegun(how=self._exit()) from None
            if len(self.process.stdout.read(8)) < 8:
                raise NeverBegun(how=self._exit())
            if answer := child.read(self.process.stdout):
                return answer
            raise EngineDied(how=self._exit())
        except BaseException:
            self.end()
            raise

    def _exit(self) -> str:
        try:
            return f"exit {self.process.wait(5)}"
        except subprocess.TimeoutExpired:
            return "silent"


def ask(program: dict[str, Any], *, city: str) -> dict[str, Any]:
    """What this thread's engine answers; a new one is started when there is none, or when it ended between programs."""
    frame = json.dumps(program).encode()
    kept: Engine | None = getattr(_kept, "engine", None)
    answer = None
    if kept is not None and kept.end.alive and kept.city == city:
        with contextlib.suppress(NeverBegun):
            answer = kept.ask(frame)
    if answer is None:
        _kept.engine = kept = None  # its end comes before the next one's beginning
        _kept.engine = kept = Engine(city)
        answer = kept.ask(frame)
    told: dict[str, Any] = json.loads(answer)
    return told


def _end(process: "subprocess.Popen[bytes]", maker: int) -> None:
    if os.getpid() != maker:  # a fork: the process is its parent's
        process.returncode = 0
    else:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # half a program is still in it
                pipe.close()


def _forget() -> None:
    kept: Engine | None = getattr(_kept, "engine", None)
    if kept is not None:
        kept.end()
        del _kept.engine


os.register_at_fork(after_in_child=_forget)
