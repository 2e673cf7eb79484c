"""The data thread: four departments' systems → published golden records, at city size, against bars and a rival.

`GUSU_BENCH_PEOPLE` (default 1,000,000) is the size; growth is measured from a quarter of it to four times it.
Needs Linux (/proc).  Figures, machine and what each means: README.md beside this file.
"""

import os
import sys
from typing import Any

import metering
from gusu.site.server.place import CHECKOUT
from metering import CITY, ENGINE, SERVICE, SOURCE, WORKER, Cost
from thread_found import BY_HAND_STAGES, STAGES, Facts, Whole

COMMAND = "./gusu bench thread"
PEOPLE = int(os.environ.get("GUSU_BENCH_PEOPLE", "1_000_000"))
CHANGES = PEOPLE // 100
KINDS = (WORKER, ENGINE, CITY, SOURCE, SERVICE)
Bars = list[dict[str, Any]]
Costs = dict[str, Cost]


def run() -> Bars:
    sys.path.append(str(CHECKOUT))  # what is planted, and which rule finds it, is said by the tests
    few, costs_of_few = metering.measured("thread_road", "grown", PEOPLE // 4)
    found, costs = metering.measured("thread_road", "whole", PEOPLE, CHANGES)
    many, costs_of_many = metering.measured("thread_road", "grown", PEOPLE * 4)
    return [
        _bar("demo: source rows", found.rows / costs["build"].ours, "rows/CPU-s", ">= 150000"),
        *_road(costs, found.rows),
        *_rival(costs),
        *_growth({few: costs_of_few["road"], found.rows: costs["road"], many: costs_of_many["road"]}),
        *_increment(costs, found),
        *_facts(found.facts, costs["facts_about"]),
        *_truth(found),
    ]


def _road(costs: Costs, rows: int) -> Bars:
    """Departments' systems → published golden records: all processes, by kind and by stage."""
    road = costs["road"]
    return [
        _bar("road: source rows", rows, "rows"),
        _bar("road: rows for a second of processor, all processes", rows / road.ours, "rows/CPU-s", ">= 45000"),
        _bar("road: most memory, all processes", road.memory / 1e9, "GB", "<= 2"),
        _bar("road: time", road.wall, "s"),
        *(_bar(f"road: {kind}", road.cpu[kind], "CPU-s") for kind in KINDS),
        *(_bar(f"road: {stage}", costs[f"road: {stage}"].ours, "CPU-s") for stage in STAGES),
    ]


def _rival(costs: Costs) -> Bars:
    """The same job by hand, with the same digest (else `thread_road` raises)."""
    hand = costs["by hand"]
    return [
        _bar("by hand: all processes", hand.ours, "CPU-s"),
        *(_bar(f"by hand: {stage}", costs[f"by hand: {stage}"].ours, "CPU-s") for stage in BY_HAND_STAGES),
        _bar("road / by hand, processor", costs["road"].ours / hand.ours, "×", "<= 2"),
    ]


def _growth(road: dict[int, Cost]) -> Bars:
    """road: cost by rows, fewest first."""
    per_row = {rows: 1e6 * cost.ours / rows for rows, cost in road.items()}
    first, *others = per_row.values()
    return [
        *(_bar(f"growth: {rows:,} rows", cost, "CPU-µs/row") for rows, cost in per_row.items()),
        _bar("growth: cost of a row, from the fewest to the most", 100 * (max(others) / first - 1), "%", "<= 10"),
        _bar("growth: most memory at the most rows", [*road.values()][-1].memory / 1e9, "GB", "<= 2"),
    ]


def _increment(costs: Costs, found: Whole) -> Bars:
    """A day's changes, merged into the edition in force."""
    day = costs["increment"]
    return [
        _bar("increment: rows", found.rows_of_the_day, "rows"),
        _bar("increment: merged, not made anew", float(found.merged), "", ">= 1"),
        _bar("increment: to published", day.wall, "s", "<= 15"),
        _bar("increment: processor", day.ours, "CPU-s"),
        _bar("increment: of the whole road's processor", 100 * day.ours / costs["road"].ours, "%", "<= 5"),
    ]


def _facts(facts: Facts, cost: Cost) -> Bars:
    one, many = facts.queries
    return [
        _bar("facts_about: people asked about", facts.people, ""),
        _bar("facts_about: processor a question", 1000 * cost.ours / (2 * facts.people), "CPU-ms"),
        _bar("facts_about: p99 without the commit", facts.uncommitted, "ms", "<= 5"),
        _bar("facts_about: p99", facts.committed, "ms"),
        _bar("a small commit here: p99", facts.commit, "ms"),
        _bar("facts_about: p99 beyond a commit's", facts.committed - facts.commit, "ms", "<= 5"),
        _bar("facts_about: queries, 20 elements", many, ""),
        _bar("facts_about: queries more than with 1 element", many - one, "", "<= 0"),
    ]


def _truth(found: Whole) -> Bars:
    return [
        *(_bar(f"planted {defect}: found", 100 * share, "%") for defect, (share, _) in found.defects.items()),
        _bar("planted: found, least of a class", 100 * min(it for it, _ in found.defects.values()), "%", ">= 99"),
        _bar(
            "planted: false alarms, most of a class", 100 * max(it for _, it in found.defects.values()), "%", "<= 0.1"
        ),
        _bar("links: precision", found.precision, "", ">= 0.999"),
        _bar("links: recall", found.recall, "", ">= 0.99"),
    ]


def _bar(name: str, value: float, unit: str, bar: str = "") -> dict[str, Any]:
    return {"name": name, "value": round(value, 4), "unit": unit, "command": COMMAND} | ({"bar": bar} if bar else {})
