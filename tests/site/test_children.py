"""A child that dies is started again within a second; one that keeps dying is started less and less often."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from gusu.site.server import processes
from gusu.site.server.children import LONGEST, Child, Patience

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
PARENT = [sys.executable, "-c", "import subprocess, sys, time; subprocess.Popen(['sleep', '61']); time.sleep(60)"]
LISTENER = [sys.executable, "-c", "from gusu.site.server import lifeline; import time; lifeline.hold(); time.sleep(60)"]


@pytest.fixture
def child() -> Iterator[Callable[[list[str]], Child]]:
    """Start a child on a cord; whatever is left of it ends with the test."""
    reading, writing = os.pipe()
    born: list[Child] = []

    def start(command: list[str]) -> Child:
        born.append(Child("sleeper", command, {}, reading))
        born[-1].start()
        return born[-1]

    yield start
    for one in born:
        one.end()
    os.close(reading)
    os.close(writing)


def test_after_a_decent_life_there_is_no_wait() -> None:
    patience = Patience()
    patience.lives(0)

    assert patience.died(60) == 0


def test_dying_at_once_doubles_the_wait_up_to_a_limit() -> None:
    patience = Patience()
    waits = []
    for second in range(12):
        patience.lives(second)
        waits.append(patience.died(second))

    assert waits[:4] == [0.25, 0.5, 1.0, 2.0]
    assert waits[-1] == LONGEST


def test_a_decent_life_is_forgiving() -> None:
    patience = Patience(wait=16)
    patience.lives(0)

    assert (patience.died(60), patience.wait) == (0, 0)


def test_a_killed_child_is_back_within_a_second(child: Callable[[list[str]], Child]) -> None:
    one = child(SLEEPER)
    assert one.process is not None
    first = one.process.pid
    os.kill(first, signal.SIGKILL)
    one.process.wait()

    said = [one.keep_alive()]
    deadline = time.monotonic() + 1
    while not one.is_running() and time.monotonic() < deadline:
        said.append(one.keep_alive())

    assert one.is_running()
    assert one.process is not None
    assert one.process.pid != first
    assert said[0] == "sleeper ended (SIGKILL); starting it again in 0.25 s"
    assert said[-1] == "sleeper started again"


def test_what_a_dead_child_started_is_ended_before_it_starts_again(child: Callable[[list[str]], Child]) -> None:
    one = child(PARENT)
    assert one.process is not None
    group = one.process.pid
    assert processes.wait_gone(lambda: len(processes.members(group)) == 2, 10)
    os.kill(group, signal.SIGKILL)
    one.process.wait()

    one.keep_alive()

    assert processes.wait_gone(lambda: processes.members(group) == [], 5)


def test_ending_leaves_nothing_of_the_group(child: Callable[[list[str]], Child]) -> None:
    one = child(PARENT)
    assert one.process is not None
    group = one.process.pid
    assert processes.wait_gone(lambda: len(processes.members(group)) == 2, 10)

    one.end()

    assert processes.wait_gone(lambda: processes.members(group) == [], 5)


def test_a_child_ends_when_its_cord_breaks() -> None:
    reading, writing = os.pipe()
    one = Child("listener", LISTENER, {}, reading)
    one.start()
    os.close(reading)
    assert one.process is not None
    time.sleep(0.5)
    assert one.is_running()

    os.close(writing)

    assert one.process.wait(10) == -signal.SIGTERM
