"""The embedded PostgreSQL: quick, closed to others, and whole again after any death."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from gusu.site.server import locks, processes
from gusu.site.server.place import Place
from gusu.site.server.postgres import FAST_AND_LOOSE, Embedded, lease, let_through

HOLD = """
import sys
from pathlib import Path
from gusu.site.server.place import Place
from gusu.site.server.postgres import lease
with lease(Place(Path(sys.argv[1]))):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("a 城") / "data")
    with lease(place, settings=FAST_AND_LOOSE):
        pass
    return place


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return row[0]


def postmaster(place: Place) -> int:
    return int((place.postgres / "postmaster.pid").read_text().split("\n", 1)[0])


def test_it_is_utf8_and_we_are_no_superuser(place: Place) -> None:
    with lease(place) as url:
        assert ask(url, "SELECT current_setting('server_encoding')") == "UTF8"
        assert ask(url, "SELECT current_setting('is_superuser')") == "off"


def test_it_listens_on_no_network(place: Place) -> None:
    with lease(place) as url:
        assert ask(url, "SELECT current_setting('listen_addresses')") == ""


def test_nobody_else_reaches_the_socket_or_the_data(place: Place) -> None:
    with lease(place):
        for folder in (Embedded(place).sockets, place.postgres):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_kernel_says_who_calls_and_nobody_else_is_let_in(place: Place) -> None:
    with lease(place):
        pass

    assert (place.postgres / "pg_hba.conf").read_text() == "local all all peer map=city\n"


def test_it_ends_with_the_block(place: Place) -> None:
    with lease(place):
        pid = postmaster(place)

    assert processes.started_at(pid) == ""


def test_a_second_command_joins_the_first_ones_database(place: Place) -> None:
    with lease(place) as first:
        pid = postmaster(place)
        with lease(place) as second:
            assert (second, postmaster(place)) == (first, pid)
        assert ask(first, "SELECT 1") == 1


def test_a_killed_server_is_healed(place: Place) -> None:
    with lease(place) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            connection.execute("TRUNCATE kept")
            connection.execute("INSERT INTO kept VALUES (7)")
        os.kill(postmaster(place), signal.SIGKILL)

    with lease(place) as url:
        assert ask(url, "SELECT n FROM kept") == 7


def test_a_pid_file_that_names_a_stranger_is_forgotten(place: Place) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (place.postgres / "postmaster.pid").write_text(f"{stranger.pid}\n{place.postgres}\n")

        with lease(place) as url:
            assert ask(url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_database_of_a_killed_command_goes_with_it_or_is_taken_back(place: Place) -> None:
    command = [sys.executable, "-c", HOLD, str(place.data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        pid = postmaster(place)
        holder.kill()

    with lease(place) as url:
        assert ask(url, "SELECT 1") == 1
        assert postmaster(place) != pid


def test_a_first_start_cut_off_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    (place.data / "postgres.unfinished" / "base").mkdir(parents=True)

    with lease(place, settings=FAST_AND_LOOSE) as url:
        assert ask(url, "SELECT 1") == 1
    assert not (place.data / "postgres.unfinished").exists()


def test_a_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    place = Place(tmp_path / ("long" * 30) / "data")

    with lease(place, settings=FAST_AND_LOOSE) as url:
        assert ask(url, "SELECT 1") == 1
    assert not Embedded(place).sockets.is_relative_to(place.data)
    Embedded(place).sockets.rmdir()


def test_a_restart_takes_less_than_two_seconds(place: Place) -> None:
    began = time.monotonic()

    with lease(place):
        assert time.monotonic() - began < 2


def test_a_closed_folder_lets_its_group_through_and_nobody_else(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    groups: set[int] = set()

    let_through(closed / "inside", groups)

    assert stat.S_IMODE(closed.stat().st_mode) == 0o710
    assert closed.stat().st_gid in groups


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    script = "import sys, time; from pathlib import Path; from gusu.site.server import locks\n"
    script += "with locks.held(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "lock")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(locks.Held) as refused, locks.held(tmp_path / "lock"):
            pass
        assert refused.value.pid == holder.pid
        holder.kill()

    with locks.held(tmp_path / "lock"):
        pass


def test_a_number_alone_is_no_identity() -> None:
    pid = os.getpid()

    assert processes.is_alive(pid, processes.started_at(pid))
    assert not processes.is_alive(pid, "long ago")
    assert not processes.is_left_over(pid, "long ago", "nobody's")
