"""Work folders end with the work, or after the process that was killed in it."""

import os
import signal
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from gusu.kernel import scratch


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA = tmp_path
    return tmp_path / "run" / "scratch"


def killed_in_its_work() -> int:
    """A process that made a folder and was killed; nobody has waited for it yet."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _kept = scratch.folder("edition")
        os.write(writing, b"!")
        time.sleep(60)
        os._exit(0)
    os.read(reading, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.close(reading)
    os.close(writing)
    return pid


def test_a_folder_is_closed_to_others_and_gone_after_its_block(place: Path) -> None:
    with scratch.folder("edition") as folder:
        assert Path(folder).parent.parent == place
        assert place.stat().st_mode & 0o777 == 0o700

    assert list(place.glob("*/*")) == []


def test_the_sweep_takes_what_the_dead_left_and_leaves_the_living_theirs(place: Path) -> None:
    pid = killed_in_its_work()
    with scratch.folder("edition") as ours:
        assert len(list(place.glob("*/*"))) == 2

        assert scratch.sweep() == 1
        assert list(place.glob("*/*")) == [Path(ours)]
    os.waitpid(pid, 0)
