"""The house itself: audit under load, what a page costs, the main job, starting.

Needs Linux (/proc).  Figures and machine: README.md beside this file.
"""

import csv
import tempfile
import time
from pathlib import Path
from typing import Any

import appending
import counting
import gusu.packs.divisions as pack
import running
from running import City

NEEDS = "database"
COMMAND = "./gusu bench house"
COMMUNITIES = 100_000
Bars = list[dict[str, Any]]


def run() -> Bars:
    with tempfile.TemporaryDirectory(prefix="gusu-bench-") as folder:
        with running.running(Path(folder)) as city:
            bars = [_bar("first start", city.seconds_to_start, "s")]
            _wait_for_quiet(city)
        with running.running(Path(folder)) as city:
            bars += [_bar("second start", city.seconds_to_start, "s", "<= 10")]
            bars += _pages(city)
            bars += _main_job(city, Path(folder))
    return bars + _queries() + _audit()


def _audit() -> Bars:
    bars: Bars = []
    for name, append in (("of 20 ms", appending.within_an_action), ("back to back", appending.back_to_back)):
        found = appending.compared(append, window=2.0)
        bars += [
            _bar(f"audit, 8 writers, {name}: without the sealer", found.without, "lines/s"),
            _bar(f"audit, 8 writers, {name}: with the sealer", found.sealed, "lines/s"),
            _bar(f"audit, 8 writers, {name}: sealed / not", found.ratio, "×", ">= 0.8"),
        ]
    return bars


def _queries() -> Bars:
    return [
        bar
        for name, one, thirty in counting.counted()
        for bar in (
            _bar(f"{name}: queries, 30 rows", thirty, ""),
            _bar(f"{name}: queries more than with 1 row", thirty - one, "", "<= 0"),
        )
    ]


def _pages(city: City) -> Bars:
    data, auditor = running.signed_in(city, "data"), running.signed_in(city, "auditor")
    asked = {
        "home page": (running.get("/"), 240),
        "register search": (running.get("/registers/divisions?q=3205"), 240),
        "batches": (running.get("/official/exchanges", data), 240),
        "audit trail": (running.get("/official/audit", auditor), 240),
        "sign-in": (running.signing_in(city), 96),
    }
    bars: Bars = []
    for name, (ask, times) in asked.items():
        running.loaded(city, ask, times=16, in_flight=8)
        alone, eight = (running.loaded(city, ask, times=times, in_flight=flight) for flight in (1, 8))
        bars += [
            _bar(f"{name}: processor, web", alone.cpu["web"], "ms/request"),
            _bar(f"{name}: processor, PostgreSQL", alone.cpu["postgres"], "ms/request"),
            _bar(f"{name}: p95, 1 in flight", alone.p95, "ms"),
            _bar(f"{name}: p95, 8 in flight", eight.p95, "ms"),
            _bar(f"{name}: 8 in flight", eight.per_second, "requests/s"),
        ]
    return bars


def _main_job(city: City, folder: Path) -> Bars:
    """A list of a hundred thousand communities from file to published edition."""
    rows = _write_list(folder / "divisions.csv")

    def spent() -> float:
        return sum(running.cpu_seconds(pids) for part, pids in city.groups().items() if part != "web")

    before, began = spent(), time.monotonic()
    with running.peak_memory(lambda: city.groups()["worker"]) as peak:
        said = city.command("exchange", "receive", "divisions", "--file", str(folder / "divisions.csv"), "--wait")
    if "merged" not in said:
        raise RuntimeError(said)
    seconds, cpu = time.monotonic() - began, spent() - before
    return [
        _bar("main job: rows", rows, "rows"),
        _bar("main job: time", seconds, "s"),
        _bar("main job: rows for a second of processor, all processes", rows / cpu, "rows/s"),
        _bar("main job: worker and engine, most memory", peak[0] / 1e6, "MB"),
    ]


def _write_list(path: Path) -> int:
    """The pack's list with communities added under its townships; answers the number of rows."""
    given = Path(*pack.__path__) / "data" / "divisions.csv"
    with given.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    known, townships = {row[0] for row in rows}, [row[0] for row in rows if row[2] == "township"]
    each = min(999, COMMUNITIES // len(townships))
    rows += [
        [code, f"第{number}社区", "community", township]
        for township in townships
        for number in range(1, each + 1)
        if (code := f"{township[:9]}{number:03d}") not in known
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return len(rows)


def _wait_for_quiet(city: City) -> None:
    """Until the first run's batches are through."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if city.command("exchange", "batches").count("merged") >= 2:
            return
        time.sleep(0.5)
    raise RuntimeError("the first batches were not merged in a minute")


def _bar(name: str, value: float, unit: str, bar: str = "") -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "unit": unit, "command": COMMAND} | ({"bar": bar} if bar else {})
