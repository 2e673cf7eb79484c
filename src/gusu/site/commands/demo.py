"""The demonstration city's departments: built, a day later, and corrected."""

import argparse
import sys
from pathlib import Path

from django.conf import settings

from gusu.demo.departments.build import Built, Changed, Corrected, build, correct, next_day
from gusu.demo.departments.errors import NotInARealCity
from gusu.demo.departments.systems import DEPARTMENTS, RESOURCES
from gusu.site.cli import WRONG_USAGE, Reply

GROUP = "content"
HELP = "Build invented departments' own systems (演示数据); let a day pass; put right a returned list."
NEEDS = "database"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--people", type=int, metavar="N", help="build the departments' systems of N people anew")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same N and S give the same rows")
    parser.add_argument("--next-day", type=int, metavar="CHANGES", help="a day passes: about so many rows change")
    parser.add_argument(
        "--correct",
        nargs=2,
        metavar=("RESOURCE", "FILE"),
        help=f"the department puts right what a downloaded list names; RESOURCE: {', '.join(RESOURCES)}",
    )


def run(args: argparse.Namespace) -> Reply:
    """One of the three; progress goes to standard error."""
    if not settings.DEMO:
        raise NotInARealCity
    if args.people is not None:
        return _built(build(args.people, args.seed, report=_progress))
    if args.next_day is not None:
        return _changed(next_day(args.next_day, report=_progress))
    if args.correct:
        return _corrected(correct(args.correct[0], Path(args.correct[1]), report=_progress))
    return Reply("say --people N, --next-day CHANGES or --correct RESOURCE FILE", code=WRONG_USAGE)


def _built(built: Built) -> Reply:
    head = f"演示数据 {built.people:,} 人，种子 {built.seed} · {built.people:,} invented people, seed {built.seed}"
    return Reply(
        "\n".join([head, *_table(built.rows), f"{built.total:>12,}  {built.seconds:.1f} s"]),
        {"people": built.people, "seed": built.seed, "rows": built.rows, "seconds": built.seconds},
    )


def _changed(changed: Changed) -> Reply:
    head = f"演示第 {changed.day} 天 · day {changed.day}"
    return Reply(
        "\n".join([head, *_table(changed.rows)]),
        {"day": changed.day, "rows": changed.rows, "seconds": changed.seconds},
    )


def _corrected(corrected: Corrected) -> Reply:
    return Reply(
        f"{corrected.resource}：已更正 {corrected.records:,} 条 · {corrected.records:,} records put right",
        {"day": corrected.day, "resource": corrected.resource, "records": corrected.records},
    )


def _table(rows: dict[str, int]) -> list[str]:
    return [
        f"{sum(rows[resource.name] for resource in department.resources):>12,}  {department.title.both}: "
        + ", ".join(f"{resource.name} {rows[resource.name]:,}" for resource in department.resources)
        for department in DEPARTMENTS
    ]


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
