"""What the architecture tests hold the package to: where doors are, what a room may hold, which words code avoids.

Everything here is a plain function over a package folder or an import graph, so that a test can also plant a trespass
in a copy and see it found.  Run as a script it prints the closed doors that imports go through:
`python -m tests.architecture.plan`.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grimp
import yaml

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "gusu"

# Doors

DOOR = {"actions", "queries", "events"}
HOUSES = {"site", "packkit", "demo"}  # wings that are one room; who may stand above them is told by the floors
KERNEL_WORDS = {"action", "actor", "clock", "errors", "ids", "packs", "scratch", "states", "text"}
GROUND = {f".{word}" for word in KERNEL_WORDS} | {  # the ground floor, everybody stands on it: open beside its doors
    "audit.trail",
    "calendar.rules",
    "crypto.blind",
    "crypto.bulk",
    "crypto.envelope",
    "crypto.keys",
    "crypto.signatures",
    "engine.digest",
    "engine.duck",
    "engine.errors",
    "engine.forms",
    "events.outbox",
    "jobs.queue",
    "lake.files",
    "looks.errors",
    "looks.headers",
    "looks.jinja",
    "looks.parts",
    "ownership.rules",
    "search.text",
}
WINGS_OWN = {"access", "passwords", "versions", "words"}  # files of a wing, open to the rooms of that wing
FOR_EVERY_PAGE = "gusu.identity.access"
PAGES = {  # where addresses lead
    *("applying", "cards", "cases", "data", "handling", "licences", "objections", "own_pages", "pages", "real_name"),
}
GATHERS = {"models": {"models"}, "migrations": {"models"}, "urls": PAGES}  # a wing's files, from rooms
WIRED = {"api", "jobs", "urls", "worker"}  # what the site puts together
STRUCTURAL = {  # single imports past a door, each with its reason
    ("gusu.__main__", "gusu.site.cli"): "`python -m gusu` is the command line",
    ("gusu.demo.people", "gusu.identity.passwords"): "passwords for invented people are made as for real ones",
    ("gusu.site.first_run", "gusu.identity.passwords"): "the first administrator's password is made as any other",
    ("gusu.kernel.jobs.worker", "gusu.kernel.audit.sealing"): "the worker's every-second chore is to seal",
}


@dataclass(frozen=True)
class Place:
    """Where a module is: `resources`, `exchange`, `connectors.csv`; room is "" for a file of the wing itself."""

    wing: str
    room: str
    file: str

    @staticmethod
    def of(module: str) -> "Place":
        wing, *rest = module.split(".")[1:] or [""]
        if wing in HOUSES or len(rest) < 2:
            return Place(wing, "", ".".join(rest))
        if rest[0] == "migrations":
            return Place(wing, "", "migrations")
        return Place(wing, rest[0], ".".join(rest[1:]))


def closed_doors(graph: grimp.ImportGraph) -> list[str]:
    """A line for every import that goes into another room by anything but its door."""
    return [
        _said(graph, importer, imported)
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if not may_import(importer, imported)
    ]


def may_import(importer: str, imported: str) -> bool:
    here, there = Place.of(importer), Place.of(imported)
    same_wing = here.wing == there.wing
    return (
        (same_wing and here.room == there.room)
        or (there.room != "" and there.file in DOOR)
        or there.wing in {"", *HOUSES}
        or (there.wing == "kernel" and (f"{there.room}.{there.file}" in GROUND or f".{there.file}" in GROUND))
        or (same_wing and not here.room and there.file in GATHERS.get(here.file, ()))
        or (same_wing and not there.room and there.file in WINGS_OWN)
        or (here.wing == "site" and there.file in WIRED)
        or imported == FOR_EVERY_PAGE
        or (importer, imported) in STRUCTURAL
    )


FLOORS_OF_A_ROOM = (
    {"api", "pages", "own_pages", "jobs", "pack"},
    {"actions"},
    {"queries"},
    {"rules", "events"},
    {"models"},
)
RANK = {file: rank for rank, files in enumerate(FLOORS_OF_A_ROOM) for file in files}


def upside_down(graph: grimp.ImportGraph) -> list[str]:
    """Imports inside a room that go up: api | pages | jobs | pack → actions → queries → rules | events → models."""
    found = []
    for importer in sorted(graph.modules):
        here = Place.of(importer)
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            there = Place.of(imported)
            in_one_room = here.room and (here.wing, here.room) == (there.wing, there.room)
            if in_one_room and RANK.get(there.file, 9) < RANK.get(here.file, -1):
                found.append(f"{importer} imports {imported}, which lies above it in the room")
    return found


def _said(graph: grimp.ImportGraph, importer: str, imported: str) -> str:
    details = graph.get_import_details(importer=importer, imported=imported)
    lines = ", ".join(str(found["line_number"]) for found in details)
    return (
        f"{importer}:{lines} imports {imported}. From another room import its actions, queries or events; "
        "what you need from there belongs behind one of them."
    )


# Roster

ROSTER = {"__init__", "models", "actions", "queries", "rules", "events", "api", "pages", "jobs", "pack", "forms"}
BESIDE = {  # files beside the roster: what each is
    "kernel.audit": {"trail": "appending", "sealing": "the chain", "merkle": "the tree under a seal"},
    "kernel.crypto": {
        "blind": "indexes by the column",
        "bulk": "encryption by the million",
        "envelope": "encryption",
        "keys": "where keys are",
        "signatures": "signing",
    },
    "kernel.engine": {
        "child": "its own process",
        "digest": "evidence",
        "duck": "the engine",
        "errors": "its refusals",
        "forms": "normal forms",
        "process": "the child as its caller holds it",
    },
    "kernel.events": {"outbox": "telling"},
    "kernel.jobs": {"queue": "queueing", "worker": "the worker's loop"},
    "kernel.lake": {"files": "which files exist"},
    "kernel.looks": {
        "errors": "error pages",
        "headers": "security headers",
        "jinja": "the templates' environment",
        "parts": "shapes for the frame",
        "translations": "the Chinese catalogue",
    },
    "kernel.search": {"text": "finding Chinese words"},
    "identity.accounts": {
        "names": "folding sign-in names",
        "otp": "one-time codes",
        "own_pages": "one's own account, apart from the administrator's pages",
    },
    "resources.exchange": {
        "connections": "how departments are reached",
        "connectors": "one folder a connector",
        "errors": "two dozen ways in which input is bad",
        "forgetting": "what leaves a landed batch again",
        "landing": "into the lake, proven",
        "returning": "the road back to a department",
        "volume": "the guard at the gate",
    },
    "resources.quality": {
        "checking": "all rules of a batch as one program",
        "derived": "rules nobody has to write",
        "errors": "refusals",
        "kind": "what a kind is",
        "kinds": "the rule language",
        "people": "the kinds about people",
    },
    "resources.registers": {"spec": "the declaration", "history": "spans of time", "store": "tables made by packs"},
    "resources.subjects": {
        "doubts": "the lists that go back to sources",
        "edition": "making an edition, anew or merged",
        "erasing": "out of the register and of every file",
        "facts": "what is known, with its provenance",
        "fusing": "from linked records to golden ones",
        "kin": "who may act for whom",
        "linking": "from landed records to linked ones",
        "secrets": "what the engine is told of the keys",
        "spec": "the declaration",
        "store": "the table of golden records",
        "timeline": "what was ever said of one subject",
    },
    "resources.objections": {"errors": "refusals", "secrets": "what was written, closed"},
    "services.items": {"linting": "what a declaration contradicts itself in", "spec": "the declaration"},
    "services.licences": {
        "drawing": "the face as a PDF",
        "fonts": "what licences are printed in",
        "identifier": "its check character",
        "signing": "the city's certificates",
        "spec": "the declaration",
    },
    "services.forms": {"answers": "what is asked, and what was answered", "spec": "the declaration"},
    "services.cases": {
        "answers": "closed and opened",
        "clock": "legal periods, explained day by day",
        "errors": "refusals",
        "judging": "a rule's judgement",
        "spec": "the declaration",
    },
    "spaces.citizens": {
        "applying": "for whom, and the form",
        "cases": "where one's own cases stand",
        "data": "what is known of a person, who looked, what is wrong",
        "licences": "what one holds",
        "real_name": "the check",
    },
    "spaces.officials": {
        "cards": "who is late",
        "cases": "the inbox, and one case",
        "handling": "what is done to a case",
        "objections": "a department's inbox of objections",
    },
    "spaces.public": {"frame": "what surrounds every page", "licences": "verifying a licence"},
}
OF_A_WING = {"__init__", "apps", "models", "urls", "migrations", "templates"} | WINGS_OWN
ONE_ROOM = HOUSES | {"packs", "locale"}
NO_NAME = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers", "handlers"}


def strangers(package: Path) -> list[str]:
    """Files and folders that no roster knows."""
    found = []
    for wing in folders(package, besides=ONE_ROOM):
        allowed = OF_A_WING | (KERNEL_WORDS if wing.name == "kernel" else set())
        rooms = [room for room in folders(wing, besides={"migrations", "templates"}) if (room / "__init__.py").exists()]
        found += [str(file.relative_to(package)) for file in wing.glob("*.py") if file.stem not in allowed]
        for room in rooms:
            known = ROSTER | set(BESIDE.get(f"{wing.name}.{room.name}", ()))
            found += [str(file.relative_to(package)) for file in room.glob("*.py") if file.stem not in known]
            inside = folders(room, besides={"templates", "static"})
            found += [str(folder.relative_to(package)) for folder in inside if folder.name not in known]
    return sorted(found)


def bad_names(package: Path) -> list[str]:
    files = package.rglob("*.py")
    return sorted(
        str(file.relative_to(package)) for file in files if file.stem in NO_NAME or file.parent.name in NO_NAME
    )


def folders(place: Path, *, besides: Iterable[str] = ()) -> list[Path]:
    return sorted(
        each for each in place.iterdir() if each.is_dir() and each.name not in besides and each.name != "__pycache__"
    )


# Habits of code

OUTER_LOOPS = {"kernel/jobs/worker.py"}
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.auth.signals")


def offences(package: Path) -> list[str]:
    """Signals, overridden saves, swallowed exceptions, imports inside functions without a reason, busy `__init__`s."""
    found = []
    for file in python_files(package):
        name, source = str(file.relative_to(package)), file.read_text(encoding="utf-8")
        tree, commented = ast.parse(source), _commented_lines(source)
        said = [*_signals(tree), *_saves(tree), *_metaclasses(tree), *_late_imports(tree, commented)]
        said += [] if name in OUTER_LOOPS else [*_swallowed(tree)]
        said += [*_busy(tree)] if file.name == "__init__.py" else []
        said += [] if ast.get_docstring(tree) or file.parent.name == "migrations" else [(1, "no docstring says why")]
        found += [f"{name}:{line}: {what}" for line, what in said]
    return found


def python_files(package: Path) -> list[Path]:
    return sorted(file for file in package.rglob("*.py") if "packs" not in file.relative_to(package).parts[:1])


Said = Iterator[tuple[int, str]]


def _signals(tree: ast.Module) -> Said:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SIGNALS):
            yield node.lineno, "a signal; tell an event and let wiring.py say who listens"
        if isinstance(node, ast.Import) and any(one.name.startswith(SIGNALS) for one in node.names):
            yield node.lineno, "a signal; tell an event and let wiring.py say who listens"


def _saves(tree: ast.Module) -> Said:
    for holder in ast.walk(tree):
        if isinstance(holder, ast.ClassDef):
            for node in holder.body:
                if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete", "save_base"}:
                    yield node.lineno, f"{holder.name}.{node.name} is overridden; a verb belongs in actions.py"


def _metaclasses(tree: ast.Module) -> Said:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(word.arg == "metaclass" for word in node.keywords):
            yield node.lineno, "a metaclass"


def _swallowed(tree: ast.Module) -> Said:
    broad = {"Exception", "BaseException"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)} if node.type else broad
            goes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if caught & broad and not goes_on:
                yield node.lineno, "catches everything; name what you can answer (only a worker's outer loop may)"


def _late_imports(tree: ast.Module, commented: set[int]) -> Said:
    """The first import of a function says why it waits; those after it wait for the same reason."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = sorted(node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
            if lines and not {lines[0], lines[0] - 1} & commented:
                yield lines[0], "an import inside a function without a reason in a comment"


def _busy(tree: ast.Module) -> Said:
    for node in tree.body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield node.lineno, "an __init__ holds a docstring and nothing else"


def _commented_lines(source: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0] for token in tokens if token.type == tokenize.COMMENT}


# Names of places

CITY = re.compile("苏州|suzhou|3205", re.IGNORECASE)
CITYS_OWN = re.compile("^苏州市?")
PLAIN_WORDS = {"audit", "environment", "gusu", "health"}  # organisation codes that are also words of the platform


def names_of_places(package: Path) -> list[str]:
    """Where platform code or a template knows a city, a department or a pack by name; docstrings may give examples."""
    chinese, codes = content_names(package)
    found = []
    for file in python_files(package):
        if file.relative_to(package).parts[0] == "demo":
            continue
        for line, value in _code_words(ast.parse(file.read_text(encoding="utf-8"))):
            if CITY.search(value) or value in codes or any(name in value for name in chinese):
                found.append(f"{file.relative_to(package)}:{line}: {value[:60]!r}")
    for file in package.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        if CITY.search(text) or any(name in text for name in chinese):
            found.append(str(file.relative_to(package)))
    return found


def content_names(package: Path) -> tuple[set[str], set[str]]:
    """(Chinese names of organisations, codes of organisations and packs) that the shipped packs declare."""
    packs = {file.parent.name for file in (package / "packs").glob("*/pack.yaml")}
    declared = [
        one for file in (package / "packs").glob("*/organisations.yaml") for one in yaml.safe_load(file.read_text())
    ]
    names = {CITYS_OWN.sub("", one["name"]["zh"]) for one in declared}
    return {name for name in names if len(name) > 2}, packs | {one["code"] for one in declared} - PLAIN_WORDS


def _code_words(tree: ast.Module) -> Said:
    """Names and strings of the code itself, docstrings left out."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name) and CITY.search(node.id):
            yield node.lineno, node.id


if __name__ == "__main__":
    found = grimp.build_graph("gusu", cache_dir=None)
    print("\n".join([*closed_doors(found), *upside_down(found)]))
