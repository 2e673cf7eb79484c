"""The house stands as ARCHITECTURE.md draws it: floors, doors, roster; and planted trespasses are caught."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from tests.architecture import plan

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = shutil.ignore_patterns("__pycache__", "static", "*.mo", "*.csv")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("gusu", cache_dir=None)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package again, to plant trespasses in."""
    return Path(shutil.copytree(plan.PACKAGE, tmp_path / "gusu", ignore=WITHOUT))


def plant(copy: Path, name: str, source: str) -> None:
    file = copy / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'"""Planted."""\n\n{source}', encoding="utf-8")


def ran(copy: Path, *words: str) -> tuple[int, str]:
    """A program that sees the copy as `gusu`."""
    environment = os.environ | {"PYTHONPATH": f"{copy.parent}:{ROOT}", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, *words], env=environment, cwd=copy.parent, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def floors(copy: Path) -> tuple[int, str]:
    return ran(copy, "-c", LINT, "--config", str(ROOT / "pyproject.toml"), "--no-cache")


# Floors


def test_imports_go_down_and_a_copy_without_trespass_is_clean(copy: Path) -> None:
    code, said = floors(copy)

    assert (code, "0 broken" in said) == (0, True), said


@pytest.mark.parametrize(
    ("name", "source", "contract"),
    [
        ("kernel/planted.py", "from gusu.spaces.words import show\n", "Imports go down"),
        ("identity/roles/planted.py", "def late():\n    import gusu.resources.registers.queries\n", "Imports go down"),
        ("resources/exchange/planted.py", "from gusu.resources.registers import queries\n", "Inside resources"),
        ("packkit/planted.py", "from gusu.demo.people import people\n", "Only the site knows the demo city"),
    ],
)
def test_a_planted_import_that_goes_up_is_caught(copy: Path, name: str, source: str, contract: str) -> None:
    plant(copy, name, source)

    code, said = floors(copy)

    assert (code, f"{contract} BROKEN" in said) == (1, True), said
    assert f"gusu.{name.removesuffix('.py').replace('/', '.')}" in said


def test_a_wing_that_no_floor_holds_is_caught(copy: Path) -> None:
    plant(copy, "parking/__init__.py", "")

    code, said = floors(copy)

    assert (code, "parking" in said) == (1, True), said


# Doors


def test_rooms_are_entered_by_their_doors(graph: grimp.ImportGraph) -> None:
    assert plan.closed_doors(graph) == []


def test_inside_a_room_imports_go_down(graph: grimp.ImportGraph) -> None:
    assert plan.upside_down(graph) == []


def test_every_exception_to_the_doors_is_in_use(graph: grimp.ImportGraph) -> None:
    unused = [pair for pair in plan.STRUCTURAL if pair[1] not in graph.find_modules_directly_imported_by(pair[0])]

    assert unused == []


def test_planted_trespasses_through_the_wall_are_caught(copy: Path) -> None:
    plant(copy, "spaces/public/planted.py", "from gusu.resources.exchange.models import Batch\n")
    plant(copy, "resources/registers/planted.py", "from gusu.resources.quality import rules, kinds\n")
    plant(copy, "identity/signin/planted.py", "def late():\n    from gusu.identity.accounts.pages import account\n")
    plant(copy, "governance/performance/planted.py", "from gusu.kernel.audit import sealing\n")
    plant(copy, "spaces/citizens/planted.py", "import gusu.identity.passwords\n")
    plant(copy, "resources/quality/rules.py", "from gusu.resources.quality import actions\n")

    code, said = ran(copy, "-m", "tests.architecture.plan")

    planted = [line for line in said.splitlines() if "planted" in line or "quality.rules" in line]
    pairs = [(line.split(" ")[0].split(":")[0], line.split(" ")[2].strip(".,")) for line in planted]
    assert code == 0
    assert pairs == [
        ("gusu.governance.performance.planted", "gusu.kernel.audit.sealing"),
        ("gusu.identity.signin.planted", "gusu.identity.accounts.pages"),
        ("gusu.resources.registers.planted", "gusu.resources.quality.kinds"),
        ("gusu.resources.registers.planted", "gusu.resources.quality.rules"),
        ("gusu.spaces.citizens.planted", "gusu.identity.passwords"),
        ("gusu.spaces.public.planted", "gusu.resources.exchange.models"),
        ("gusu.resources.quality.rules", "gusu.resources.quality.actions"),
    ]
    assert "gusu.spaces.public.planted:3 imports gusu.resources.exchange.models. From another room import" in said


# Roster and habits


def test_every_file_of_a_room_is_on_the_roster() -> None:
    assert plan.strangers(plan.PACKAGE) == []


def test_every_file_named_beside_the_roster_exists() -> None:
    gone = [
        f"{room}.{name}"
        for room, files in plan.BESIDE.items()
        for name in files
        if not list((plan.PACKAGE / room.replace(".", "/")).glob(f"{name}*"))
    ]

    assert gone == []


def test_no_file_is_called_after_nothing() -> None:
    assert plan.bad_names(plan.PACKAGE) == []


def test_code_keeps_the_habits_of_the_house() -> None:
    assert plan.offences(plan.PACKAGE) == []


def test_the_platform_knows_no_city_no_department_and_no_pack_by_name() -> None:
    assert plan.names_of_places(plan.PACKAGE) == []


def test_planted_strangers_are_caught(copy: Path) -> None:
    plant(copy, "resources/exchange/helpers.py", "")
    plant(copy, "spaces/tools.py", "")
    plant(copy, "identity/roles/services/__init__.py", "")

    assert plan.strangers(copy) == ["identity/roles/services", "resources/exchange/helpers.py", "spaces/tools.py"]
    assert plan.bad_names(copy) == ["resources/exchange/helpers.py"]


PLANTED = {
    "signal": ("from django.db.models.signals import post_save\n", "a signal; tell"),
    "save": ("class Case(Model):\n    def save(self) -> None: ...\n", "Case.save is overridden"),
    "metaclass": ("class Case(metaclass=Meta): ...\n", "a metaclass"),
    "broad": ("try:\n    pass\nexcept (KeyError, Exception):\n    print('ignored')\n", "catches everything"),
    "bare": ("try:\n    pass\nexcept:\n    pass\n", "catches everything"),
    "late": ("def now() -> None:\n    import json\n    return json\n", "an import inside a function"),
}


@pytest.mark.parametrize("habit", PLANTED)
def test_a_planted_bad_habit_is_caught(tmp_path: Path, habit: str) -> None:
    source, said = PLANTED[habit]
    plant(tmp_path, "kernel/clock.py", source)

    [line] = plan.offences(tmp_path)

    assert line.startswith("kernel/clock.py:")
    assert said in line


def test_a_busy_init_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "resources/exchange/__init__.py", "from gusu.kernel import clock\n")

    assert plan.offences(tmp_path) == [
        "resources/exchange/__init__.py:3: an __init__ holds a docstring and nothing else"
    ]


@pytest.mark.parametrize(
    "source",
    [
        'if code == "320500": pass\n',
        'NAME = "苏州市"\n',
        "SUZHOU = 1\n",
        'x = "civil_affairs"\n',
        'if pack == "divisions": pass\n',
        'y = f"{1}民政局"\n',
    ],
)
def test_a_planted_place_name_is_caught(copy: Path, source: str) -> None:
    plant(copy, "kernel/planted.py", source)
    plant(copy, "demo/planted.py", source)

    assert [line.split(":")[0] for line in plan.names_of_places(copy)] == ["kernel/planted.py"]


def test_mypy_looks_strictly_at_every_module() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    softened = {name for one in tool["overrides"] for name in one["module"] if name.startswith("gusu")}

    assert (tool["strict"], tool["files"], softened) == (True, ["src/gusu"], set())
    assert not [key for key in tool if key.startswith(("disallow", "exclude", "disable", "ignore"))]
