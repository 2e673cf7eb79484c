"""The figures the README quotes, and what they are held to."""

import argparse
import ast
import importlib.util
import os
import platform
import sys
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

from gusu.site.cli import Reply
from gusu.site.server.place import CHECKOUT
from gusu.site.server.throwaway import throwaway_city

GROUP = "build"
HELP = "Measure (bench NAME), or list what can be measured."
NEEDS = "nothing"
BENCHMARKS = CHECKOUT / "benchmarks"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", choices=_names(), help=f"one of: {', '.join(_names())}")


def run(args: argparse.Namespace) -> Reply:
    """A benchmark is `benchmarks/bench_NAME.py`: `run()` answers dicts of name, value, unit, command and maybe a bar.

    With `NEEDS = "database"` at its top it runs in a throw-away city: embedded PostgreSQL, migrated, Django set up
    before it is imported.
    """
    if args.name is None:
        return Reply("\n".join(_names()) or "There is nothing to measure yet.", data={"names": _names()})
    path = BENCHMARKS / f"bench_{args.name}.py"
    with ExitStack() as stack:
        if _needs_database(path):
            stack.enter_context(throwaway_city(settings={}))
        bars: list[dict[str, Any]] = _loaded(path).run()
    missed = [bar for bar in bars if not _is_met(bar)]
    return Reply(_table(bars), data={"machine": machine(), "bars": bars}, code=1 if missed else 0)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "memory_gb": round(pages / 1e9, 1),
    }


def _names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in BENCHMARKS.glob("bench_*.py"))


def _needs_database(path: Path) -> bool:
    top = ast.parse(path.read_text(encoding="utf-8")).body
    assigned = {ast.unparse(line.targets[0]): line.value for line in top if isinstance(line, ast.Assign)}
    needs = assigned.get("NEEDS")
    return isinstance(needs, ast.Constant) and needs.value == "database"


def _loaded(path: Path) -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _is_met(bar: dict[str, Any]) -> bool:
    """A bar is '<= 5', '>= 0.8' or absent."""
    if not bar.get("bar"):
        return True
    relation, limit = str(bar["bar"]).split()[:2]
    value = float(bar["value"])
    return {"<=": value <= float(limit), ">=": value >= float(limit)}[relation]


def _table(bars: list[dict[str, Any]]) -> str:
    rows = [
        (bar["name"], f"{bar['value']:g} {bar['unit']}", str(bar.get("bar", "")), "" if _is_met(bar) else "MISSED")
        for bar in bars
    ]
    rows.insert(0, ("what", "measured", "bar", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
