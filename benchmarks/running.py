"""A real city under a benchmark: started by `gusu up`, asked over HTTP, time and memory read from /proc."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from gusu.site.server import processes
from gusu.site.server.place import Place

TICK = os.sysconf("SC_CLK_TCK")
ASKED = ("web", "postgres")  # the parts that answer a request
Answer = tuple[int, dict[str, str]]  # status, cookies set


@dataclass
class City:
    """A running city and how long it took to start."""

    place: Place
    environment: dict[str, str]
    supervisor: subprocess.Popen[bytes]
    seconds_to_start: float

    @property
    def address(self) -> str:
        return urlsplit(self.place.address()).netloc

    def groups(self) -> dict[str, list[int]]:
        """Process numbers by part: web, worker (with its engine), postgres."""
        about = json.loads((self.place.run / "city.json").read_text())
        found = {child["name"]: processes.members(child["pid"]) for child in about["children"]}
        postmaster = int((self.place.postgres / "postmaster.pid").read_text().split("\n", 1)[0])
        return found | {"postgres": [postmaster, *children_of(postmaster)]}

    def command(self, *words: str) -> str:
        """What a `gusu` command says about this city."""
        line = [sys.executable, "-m", "gusu", *words]
        return subprocess.run(line, env=self.environment, capture_output=True, text=True, check=True).stdout

    def passwords(self) -> dict[str, str]:
        lines = (self.place.run / "demo-sign-ins.txt").read_text().splitlines()
        return {words[0]: words[1] for line in lines if len(words := line.split()) >= 2}


@contextmanager
def running(folder: Path, people: int = 0) -> Iterator[City]:
    """`gusu up` on a data folder and keys in `folder`; stopped at the end. people: of the demo city."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("GUSU_", "DATABASE_URL"))}
    environment = {**rest, "GUSU_DATA": str(folder / "data"), "GUSU_KEYS": str(folder / "keys")}
    place, began = Place(folder / "data"), time.monotonic()
    with open(folder / "said.txt", "ab") as said:
        command = [sys.executable, "-m", "gusu", "up", "--port", "0", "--people", str(people)]
        supervisor = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        while not place.address_file.exists():
            if supervisor.poll() is not None:
                raise RuntimeError((folder / "said.txt").read_text())
            time.sleep(0.01)
        yield City(place, environment, supervisor, time.monotonic() - began)
    finally:
        supervisor.terminate()
        supervisor.wait(120)


def cpu_seconds(pids: list[int]) -> float:
    """Time on a processor, of these processes and of their children that have ended."""
    return sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid))) / TICK


def own_and_ended(pid: int) -> tuple[float, float]:
    """The same in two: of the process itself, and of its children that have ended."""
    times = list(map(int, _stat(pid)[11:15]))
    return sum(times[:2]) / TICK, sum(times[2:]) / TICK


def shared_out_bytes(pids: list[int]) -> int:
    """Memory of these processes, a page that n processes share counted as an n-th for each (Pss)."""
    return sum(_pss(pid) for pid in pids) * 1024


def resident_bytes(pids: list[int]) -> int:
    pages = sum(int(fields[21]) for pid in pids if (fields := _stat(pid)))
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def peak_memory(pids: Callable[[], list[int]]) -> Iterator[list[int]]:
    """A list whose last item, after the block, is the highest sum of resident bytes seen in it."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], resident_bytes(pids()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


@dataclass(frozen=True)
class Load:
    """What a run of equal requests cost. cpu: milliseconds a request by part; p95: milliseconds."""

    cpu: dict[str, float]
    p95: float
    per_second: float


def loaded(city: City, ask: Callable[[http.client.HTTPConnection], None], *, times: int, in_flight: int) -> Load:
    """Ask `times` times with `in_flight` connections; what the city does by itself meanwhile is taken off its time."""
    idle, began = _spent(city), time.monotonic()
    time.sleep(1.5)
    by_itself = {part: (spent - idle[part]) / (time.monotonic() - began) for part, spent in _spent(city).items()}
    before, began = _spent(city), time.monotonic()
    with ThreadPoolExecutor(in_flight) as pool:
        answers = pool.map(_asking(city, ask, times // in_flight), range(in_flight))
        spans = sorted(span for answer in answers for span in answer)
    seconds, after = time.monotonic() - began, _spent(city)
    cpu = {part: 1000 * (after[part] - before[part] - by_itself[part] * seconds) / len(spans) for part in ASKED}
    return Load(cpu, 1000 * spans[int(len(spans) * 0.95)], len(spans) / seconds)


def _asking(city: City, ask: Callable[[http.client.HTTPConnection], None], times: int) -> Callable[[int], list[float]]:
    def asking(_: int) -> list[float]:
        connection, spans = http.client.HTTPConnection(city.address, timeout=30), []
        for _ in range(times):
            began = time.perf_counter()
            ask(connection)
            spans.append(time.perf_counter() - began)
        connection.close()
        return spans

    return asking


def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    cookies: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> Answer:
    """One request without a browser's manners."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
    if form is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, urlencode(form) if form is not None else None, headers)
    answer = connection.getresponse()
    answer.read()
    given = [line.split(";")[0].partition("=") for line in answer.headers.get_all("Set-Cookie") or []]
    return answer.status, {name: value for name, _, value in given}


def get(path: str, cookies: dict[str, str] | None = None) -> Callable[[http.client.HTTPConnection], None]:
    """Asks for a page that must be there."""

    def ask(connection: http.client.HTTPConnection) -> None:
        status, _ = request(connection, "GET", path, cookies)
        if status != 200:
            raise RuntimeError(f"{path}: {status}")

    return ask


def signed_in(city: City, name: str) -> dict[str, str]:
    """The cookies of a fresh session."""
    connection = http.client.HTTPConnection(city.address, timeout=30)
    _, cookies = request(connection, "GET", "/sign-in")
    return cookies | _sign_in(connection, cookies, name, city.passwords()[name])


def signing_in(city: City) -> Callable[[http.client.HTTPConnection], None]:
    """Signs in as one demo person after another, each time anew."""
    connection = http.client.HTTPConnection(city.address, timeout=30)
    _, cookies = request(connection, "GET", "/sign-in")
    people, turn, guard = sorted(city.passwords().items()), [0], threading.Lock()

    def ask(connection: http.client.HTTPConnection) -> None:
        with guard:
            turn[0] += 1
            name, password = people[turn[0] % len(people)]
        _sign_in(connection, cookies, name, password)

    return ask


def _sign_in(
    connection: http.client.HTTPConnection, cookies: dict[str, str], name: str, password: str
) -> dict[str, str]:
    form = {"csrfmiddlewaretoken": cookies["csrftoken"], "sign_in_name": name, "password": password, "code": ""}
    status, given = request(connection, "POST", "/sign-in", cookies, form)
    if status != 302:
        raise RuntimeError(f"sign-in: {status}")
    return given


def _spent(city: City) -> dict[str, float]:
    groups = city.groups()
    return {part: cpu_seconds(groups[part]) for part in ASKED}


def children_of(parent: int) -> list[int]:
    """Process numbers, corpses too."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if (fields := _stat(pid)) and fields[1] == str(parent)]


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
