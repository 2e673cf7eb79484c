"""Everything that must hold before a change lands."""

import argparse
import os
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, dataclass

from gusu.site.cli import Reply
from gusu.site.server.place import CHECKOUT

GROUP = "build"
HELP = "Run ruff, mypy, floors and doors, and all tests (--slow for all of them)."
NEEDS = "nothing"


KILLS = "tests/stories/test_kill*.py"


@dataclass(frozen=True)
class Stage:
    """One check and how it ended."""

    name: str
    ok: bool
    seconds: float


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slow", action="store_true", help="also the slow suites")
    parser.add_argument("pytest", nargs="*", metavar="ARG", help="for pytest, after --: tests/site -- -k drill")


def run(args: argparse.Namespace) -> Reply:
    stages = [_ran(name, command) for name, command in _stages(["--slow"] if args.slow else [], args.pytest)]
    lines = [f"{'ok  ' if stage.ok else 'FAIL'}  {stage.name:<16} {stage.seconds:6.1f} s" for stage in stages]
    return Reply(
        "\n" + "\n".join(lines),
        data=[asdict(stage) for stage in stages],
        code=0 if all(stage.ok for stage in stages) else 1,
    )


def _stages(slow: list[str], asked: list[str]) -> list[tuple[str, list[str]]]:
    """Every stage runs even when one before it failed: one run shows all there is to mend.

    The tests run beside each other (tests/parallel.py); what kills processes has the machine to itself afterwards.
    """
    stages = [
        ("ruff check", ["-m", "ruff", "check", "."]),
        ("ruff format", ["-m", "ruff", "format", "--check", "."]),
        ("mypy", ["-m", "mypy"]),
    ]
    if (
        "importlinter" in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]
        or (CHECKOUT / ".importlinter").exists()
    ):
        stages.append(("floors", ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]))
    if asked:
        return [*stages, ("pytest", ["-m", "pytest", *slow, *asked])]
    kills = sorted(str(file.relative_to(CHECKOUT)) for file in CHECKOUT.glob(KILLS))
    beside = ["-m", "pytest", "-n", "auto", f"--ignore-glob={CHECKOUT / KILLS}", *slow]
    return [*stages, ("pytest", beside), ("pytest: kills", ["-m", "pytest", *slow, *kills])]


def _ran(name: str, command: list[str]) -> Stage:
    print(f"\n=== {name}", file=sys.stderr, flush=True)
    began = time.monotonic()
    # What they say goes to stderr: stdout belongs to our answer, which may be JSON.
    done = subprocess.run([sys.executable, *command], cwd=CHECKOUT, env=_clean(), stdout=sys.stderr, check=False)
    return Stage(name, done.returncode == 0, round(time.monotonic() - began, 1))


def _clean() -> dict[str, str]:
    """No city of this machine's: tests bring their own, and mypy's Django plugin must not make keys in a home."""
    ours = ("GUSU_", "DJANGO_SETTINGS_MODULE", "DATABASE_URL")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(ours) or name == "GUSU_BROWSER"}
    return {**rest, "GUSU_KEYS": str(CHECKOUT / ".cache" / "keys")}
