"""A process the supervisor keeps alive."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field

from gusu.site.server import lifeline, processes

SOON, LONGEST = 5.0, 30.0


@dataclass
class Patience:
    """How long to wait before starting it again: longer and longer while it dies at once."""

    born: float = 0.0
    wait: float = 0.0

    def lives(self, now: float) -> None:
        self.born = now

    def died(self, now: float) -> float:
        """Seconds to wait, given that it died `now`."""
        self.wait = min(max(0.25, self.wait * 2), LONGEST) if now - self.born < SOON else 0.0
        return self.wait


@dataclass
class Child:
    """One of our mains (`python -m gusu.site.…`) in a session of its own, so that its whole group can be ended."""

    name: str
    command: list[str]
    environment: dict[str, str]
    cord: int  # the reading end of the lifeline
    seconds_to_stop: float = 15.0
    process: subprocess.Popen[bytes] | None = None
    started: str = ""
    patience: Patience = field(default_factory=Patience)
    not_before: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment, lifeline.VARIABLE: str(self.cord)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self.cord,),
            preexec_fn=processes.dying_with_parent(signal.SIGTERM),
        )
        self.started = processes.started_at(self.process.pid)
        self.patience.lives(time.monotonic())

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def keep_alive(self) -> str:
        """Start it again when it has died and its wait is over.  Answers what happened, for the log, or ''."""
        if self.is_running():
            return ""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.returncode
            self._bury()
            wait = self.patience.died(now)
            self.not_before = now + wait
            if wait:
                return f"{self.name} ended ({_how(code)}); starting it again in {wait:g} s"
        if now < self.not_before:
            return ""
        self.start()
        return f"{self.name} started again"

    def stop(self, signum: int = signal.SIGTERM) -> None:
        """Ask; the waiting is `stopped`'s."""
        if self.process is not None:
            processes.kill_group(self.process.pid, signum)

    def stopped(self, seconds: float) -> bool:
        """Whether it ended in time."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        return not self.is_running()

    def end(self) -> None:
        """Nothing of its group is left when this returns."""
        if self.process is not None:
            processes.kill_group(self.process.pid)
            self.process.wait()
            self.process = None

    def _bury(self) -> None:
        """The main died, but processes it started may still hold the port or a job."""
        assert self.process is not None
        processes.kill_group(self.process.pid)
        self.process = None


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
