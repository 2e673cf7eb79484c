"""A whole city, started and ended in every way: `up`, signals, kills, a second start, status, backup and restore."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gusu.site.server import locks, processes, restore
from gusu.site.server.place import Place
from gusu.site.server.postgres import FAST_AND_LOOSE, lease

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120


class City:
    """A data folder of its own and the commands upon it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        ours = {"GUSU_DATA": str(self.data), "GUSU_KEYS": str(folder / "keys")}
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("GUSU_", "DATABASE_URL"))}
        self.environment = {**rest, **ours}
        self.said = folder / "said.txt"

    def up(self, **options: object) -> "subprocess.Popen[bytes]":
        (self.data / "run" / "address").unlink(missing_ok=True)
        command = [sys.executable, "-m", "gusu", "up", "--port", "0"]
        with open(self.said, "wb") as said:
            return subprocess.Popen(command, env=self.environment, stdout=said, stderr=said, **options)  # type: ignore[call-overload, no-any-return]

    def ready(self, supervisor: "subprocess.Popen[bytes]") -> str:
        """Its address, once it says it is ready."""
        address = self.data / "run" / "address"
        deadline = time.monotonic() + PATIENCE
        while not (address.exists() and "Gusu   http" in self.said.read_text()):
            assert supervisor.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.05)
        return address.read_text().strip()

    def ask(self, *words: str) -> tuple[int, dict[str, object]]:
        command = [sys.executable, "-m", "gusu", *words, "--json"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout or "{}")

    def recorded(self) -> dict[str, int]:
        about = json.loads((self.data / "run" / "city.json").read_text())
        return {child["name"]: child["pid"] for child in about["children"]}

    def postmaster(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])

    def is_quiet(self) -> bool:
        """No process anywhere that was started for this folder."""
        marks = (f"GUSU_DATA={self.data}".encode(), os.fsencode(self.data / "postgres"))
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    about = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if any(mark in about for mark in marks):
                    return False
        return True


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A city that has been up once, so that every test's start is a second start."""
    city = City(tmp_path_factory.mktemp("a 城"))
    supervisor = city.up()
    city.ready(supervisor)
    supervisor.terminate()
    assert supervisor.wait(PATIENCE) == 0
    return city


@contextmanager
def running(city: City, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    supervisor = city.up(**options)
    try:
        city.ready(supervisor)
        yield supervisor
    finally:
        if supervisor.poll() is None:
            supervisor.terminate()
        supervisor.wait(PATIENCE)


def health(address: str) -> int:
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        return int(answer.status)


def ignoring_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


@needs_proc
@pytest.mark.parametrize(
    ("signum", "before"),
    [
        (signal.SIGINT, None),
        (signal.SIGTERM, None),
        (signal.SIGHUP, None),
        (signal.SIGINT, ignoring_sigint),
        (signal.SIGTERM, ignoring_sigint),
    ],
    ids=["int", "term", "hup", "int-ignored-at-start", "term-with-int-ignored"],
)
def test_a_signal_stops_everything(city: City, signum: int, before: Callable[[], None] | None) -> None:
    with running(city, preexec_fn=before) as supervisor:
        supervisor.send_signal(signum)

        assert supervisor.wait(60) == 0
    assert city.is_quiet()
    assert not (city.data / "run" / "address").exists()
    said = city.said.read_text().splitlines()
    assert (said.count("· stopping"), said[-1]) == (1, "· stopped")  # a job in hand may say its word between


def test_a_running_city_is_green(city: City) -> None:
    with running(city) as supervisor:
        address = city.ready(supervisor)
        code, status = city.ask("status")

    assert (code, status["green"], status["address"]) == (0, True, address)


def test_a_second_start_takes_seconds(city: City) -> None:
    began = time.monotonic()

    with running(city):
        assert time.monotonic() - began < 20


def test_two_cities_on_one_folder_are_refused(city: City) -> None:
    with running(city) as supervisor:
        code, refusal = city.ask("up", "--port", "0")

        assert (code, refusal["error"]["code"]) == (1, "city_is_running")  # type: ignore[index]
        assert health(city.ready(supervisor)) == 200


def test_a_busy_port_is_answered_with_its_remedy(city: City) -> None:
    with running(city) as supervisor:
        port = city.ready(supervisor).rsplit(":", 1)[1]
        other = City(city.data.parent / "other")
        code, refusal = other.ask("up", "--port", port)

    assert (code, refusal["error"]["code"]) == (1, "port_is_busy")  # type: ignore[index]
    assert "--port" in refusal["error"]["en"]  # type: ignore[index]


@needs_proc
def test_down_stops_it_from_elsewhere(city: City) -> None:
    with running(city) as supervisor:
        code, answer = city.ask("down")

        assert (code, answer["stopped"]) == (0, True)
        assert supervisor.wait(10) == 0
    assert city.is_quiet()


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_child_is_back_and_the_city_green(city: City, name: str) -> None:
    with running(city) as supervisor:
        victim = city.recorded()[name]
        os.kill(victim, signal.SIGKILL)

        assert processes.wait_gone(lambda: city.recorded().get(name, victim) != victim, 3)
        assert processes.wait_gone(lambda: city.ask("status")[0] == 0, 30)
        assert supervisor.poll() is None


def test_a_killed_database_is_back_and_the_city_green(city: City) -> None:
    with running(city) as supervisor:
        victim = city.postmaster()
        os.kill(victim, signal.SIGKILL)

        assert processes.wait_gone(lambda: "database ended" in city.said.read_text(), 3)
        assert processes.wait_gone(lambda: city.ask("status")[0] == 0, 30)
        assert city.postmaster() != victim
        assert supervisor.poll() is None


@needs_proc
def test_nothing_outlives_a_killed_supervisor(city: City) -> None:
    with running(city) as supervisor:
        supervisor.kill()
        supervisor.wait(10)

        assert processes.wait_gone(city.is_quiet, 20)


@needs_proc
def test_a_start_after_everything_was_killed_heals(city: City) -> None:
    with running(city) as supervisor:
        victims = [supervisor.pid, *city.recorded().values(), city.postmaster()]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        supervisor.wait(10)

    with running(city) as supervisor:
        assert health(city.ready(supervisor)) == 200
    assert city.is_quiet()


def test_a_command_joins_the_running_city(city: City) -> None:
    with running(city):
        pid = city.postmaster()

        assert city.ask("backup", str(city.data.parent / "joined.tar"))[0] == 0
        assert city.postmaster() == pid


def test_nobody_resets_or_restores_a_running_city(city: City) -> None:
    file = city.data.parent / "running.tar"
    with running(city):
        assert city.ask("backup", str(file))[0] == 0
        answers = [city.ask("reset", "--yes"), city.ask("restore", str(file), "--yes")]

    assert [answer["error"]["code"] for _, answer in answers] == ["city_is_running"] * 2  # type: ignore[index]
    assert not locks.is_held(city.data / "run" / "up.lock")


def test_the_drill_a_lost_city_comes_back(city: City, tmp_path: Path) -> None:
    saved = tmp_path / "city.tar"
    with running(city):
        assert city.ask("backup", str(saved))[0] == 0
    assert city.ask("reset", "--yes")[0] == 0
    assert not city.data.exists()

    code, restored = city.ask("restore", str(saved))

    assert (code, restored["keys_missing"]) == (0, [])
    with running(city) as supervisor:
        assert health(city.ready(supervisor)) == 200
        assert city.ask("status")[0] == 0


def test_a_city_runs_on_a_server_of_yours_and_a_reset_empties_it(tmp_path: Path) -> None:
    city = City(tmp_path)
    with lease(Place(tmp_path / "server"), settings=FAST_AND_LOOSE) as url:
        city.environment["DATABASE_URL"] = url
        with running(city):
            assert city.ask("status")[1]["database"]["ok"]  # type: ignore[index]
            without = {name: value for name, value in city.environment.items() if name != "DATABASE_URL"}
            city.environment, whole = without, city.environment
            assert city.ask("status")[1]["error"]["code"] == "database_is_elsewhere"  # type: ignore[index]
            city.environment = whole
        assert not (city.data / "postgres").exists()
        assert not restore.is_empty(url)

        assert city.ask("reset", "--yes")[0] == 0
        assert restore.is_empty(url)
