"""The command line.  A module in `commands/` is a command; this file finds it, serves it and prints its answer.

    GROUP = "run"         # which chapter of the help: run | content | ask | build
    HELP = "One line."
    NEEDS = "database"    # nothing | django (settings and models) | database (running; started if need be)
    def arguments(parser: argparse.ArgumentParser) -> None
    def run(args: argparse.Namespace) -> Reply

Names and lines for the help are read from the source text without importing it: help needs neither Django nor
anything installed. `--json` and `--data DIR` work on every command, in any position.  Exit codes: 0 yes, 1 no or
failed, 2 wrong usage, 130 interrupted.
"""

import argparse
import ast
import difflib
import importlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

COMMANDS = Path(__file__).parent / "commands"
CHAPTERS = {
    "run": "Run the city",
    "content": "Content",
    "ask": "Look and ask",
    "build": "Build and measure",
}
OK, NO, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True)
class Reply:
    """What a command answers: `text` for people, `data` for programs (`--json`), `code` for scripts."""

    text: str
    data: object = None
    code: int = OK


@dataclass(frozen=True)
class Command:
    """A command as its source text declares it."""

    name: str
    group: str
    help: str
    needs: str

    @property
    def module(self) -> str:
        return f"gusu.site.commands.{self.name.replace('-', '_')}"


@dataclass(frozen=True)
class Line:
    """A command line taken apart."""

    rest: list[str]
    json: bool
    data: str | None


def main(argv: Sequence[str]) -> int:
    """Run one command line; answers the exit code."""
    try:
        return _run(_taken_apart(argv))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO


def commands() -> list[Command]:
    """Every command, in chapter order."""
    found = [_declared(path) for path in sorted(COMMANDS.glob("*.py")) if not path.name.startswith("_")]
    order = list(CHAPTERS)
    return sorted(found, key=lambda command: (order.index(command.group), command.name))


def contents() -> str:
    """The table of contents."""
    known = commands()
    width = max(len(command.name) for command in known)
    lines = ["Gusu 姑苏 - an open-source city government platform", "", "  ./gusu COMMAND [--json] [--data DIR] …"]
    for group, title in CHAPTERS.items():
        lines += ["", title]
        lines += [f"  {command.name:<{width}}   {command.help}" for command in known if command.group == group]
    lines += ["", "./gusu COMMAND --help says more.  Start with: ./gusu up"]
    return "\n".join(lines)


def _run(line: Line) -> int:
    name = line.rest[0] if line.rest else ""
    known = {command.name: command for command in commands()}
    if name == "help" and len(line.rest) > 1:
        line, name = Line([line.rest[1], "--help"], line.json, line.data), line.rest[1]
    if name in ("", "help", "-h", "--help"):
        listed = [{"name": it.name, "group": it.group, "help": it.help} for it in known.values()]
        return _print(Reply(contents(), data=listed), as_json=line.json)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        print(f"gusu: there is no command '{name}'.{hint} ./gusu --help lists them.", file=sys.stderr)
        return WRONG_USAGE
    return _obey(known[name], line)


def _obey(command: Command, line: Line) -> int:
    """Set up what the command needs, run it, print its answer or its refusal."""
    from gusu.kernel.errors import GusuError  # needs Django on the path, which help must not

    try:
        _set_environment(command, line)
        module = importlib.import_module(command.module)
        parser = _parser(command)
        module.arguments(parser)
        args = parser.parse_args(line.rest[1:])
        args.json, args.data = line.json, line.data
        with ExitStack() as stack:
            if command.needs == "database":
                _ensure_database(stack)
            return _print(module.run(args), as_json=line.json)
    except GusuError as refusal:
        print(f"gusu: {refusal.said.zh}\n      {refusal.said.en}", file=sys.stderr)
        if line.json:
            print(
                json.dumps(
                    {"error": {"code": refusal.code, "zh": refusal.said.zh, "en": refusal.said.en}}, ensure_ascii=False
                )
            )
        return NO


def _set_environment(command: Command, line: Line) -> None:
    from gusu.site.server.place import Place  # --help loads none of this

    place = Place.chosen(line.data)
    os.environ["GUSU_DATA"] = str(place.data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gusu.site.settings")
    if command.needs == "nothing":
        return
    if not os.environ.get("DATABASE_URL"):
        from gusu.site.server.postgres import Embedded

        os.environ["DATABASE_URL"] = Embedded(place).url
    import django

    django.setup()


def _ensure_database(stack: ExitStack) -> None:
    from gusu.site.server.place import Place  # --help loads none of this
    from gusu.site.server.postgres import Embedded, lease
    from gusu.site.server.supervisor import require_same_database

    place = Place.chosen()
    if os.environ["DATABASE_URL"] == Embedded(place).url:
        require_same_database(place)
        stack.enter_context(lease(place))


def _parser(command: Command) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"gusu {command.name}", description=command.help, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument(
        "--data", metavar="DIR", help="the city's data folder (default: $GUSU_DATA, else ./data beside the launcher)"
    )
    return parser


def _taken_apart(argv: Sequence[str]) -> Line:
    """Lift `--json` and `--data DIR` out of wherever they stand before a `--`."""
    rest, as_json, data = [], False, None
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--json":
            as_json = True
        elif word == "--data":
            data = next(words, None)
        elif word.startswith("--data="):
            data = word.removeprefix("--data=")
        else:
            rest.append(word)
    return Line(rest, as_json, data)


def _declared(path: Path) -> Command:
    """The capitals at the top of a command's file."""
    values: dict[str, str] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            values |= {
                str(target.id): str(statement.value.value)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
    return Command(path.stem.replace("_", "-"), values["GROUP"], values["HELP"], values["NEEDS"])


def _print(reply: Reply, *, as_json: bool) -> int:
    if as_json:
        data = {"text": reply.text} if reply.data is None else reply.data
        print(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    elif reply.text:
        print(reply.text)
    return reply.code
