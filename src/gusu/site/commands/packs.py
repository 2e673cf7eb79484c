"""Packs from the command line: what they say, what that would change, and changing it."""

import argparse
from collections.abc import Callable
from pathlib import Path

from gusu.kernel.actor import house
from gusu.kernel.errors import GusuError
from gusu.kernel.ownership import actions as ownership
from gusu.kernel.ownership.queries import packs_applied
from gusu.kernel.packs import packs_in
from gusu.kernel.text import Text
from gusu.packkit import apply as applying
from gusu.packkit import situations
from gusu.packkit.load import Packs, check, load
from gusu.packkit.plan import SAID, Kind, Plan
from gusu.packkit.rooms import gather
from gusu.packkit.skeleton import write_skeleton
from gusu.packkit.source import Finding
from gusu.site.cli import Reply
from gusu.site.server.prepare import pending_migrations
from gusu.site.wiring import PACK_ROOMS

GROUP = "content"
HELP = "Check, plan, apply, test or begin packs: the content of the city."
NEEDS = "database"

WHICH = "a pack by name, or the path of one outside the package; none means every pack here and in GUSU_PACKS"


class NoPackThere(GusuError):
    """A path was given that is no pack and holds none."""

    status, code = 404, "no_pack_there"
    says = Text(
        "{path} 里没有 pack.yaml。请给出内容包的文件夹，或其上一级文件夹。",
        "There is no pack.yaml in {path}. Give the folder of a pack, or the folder above it.",
    )


class CityNotReady(GusuError):
    """The database has not been migrated to this release."""

    status, code = 503, "city_not_ready"
    says = Text("本市数据库尚未准备好，请先运行 gusu up。", "This city's database is not ready; run gusu up first.")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, help_ in [
        ("list", "the packs, and how much of each is in force"),
        ("check", "every problem, with file and line"),
        ("plan", "what apply would change in this city"),
        ("apply", "make this city keep what the packs say"),
        ("test", "ask this city the packs' situations"),
    ]:
        verbs.add_parser(verb, help=help_).add_argument("which", nargs="*", metavar="PACK", help=WHICH)
    new = verbs.add_parser("new", help="write the skeleton of a pack that passes check")
    new.add_argument("name", metavar="NAME")
    new.add_argument("path", metavar="PATH", type=Path, nargs="?", default=Path(), help="the folder to write it in")
    adopt = verbs.add_parser("adopt", help="let the city's officials keep a piece; packs leave it alone from then on")
    adopt.add_argument("section", metavar="SECTION")
    adopt.add_argument("key", metavar="KEY")


def run(args: argparse.Namespace) -> Reply:
    if args.verb == "new":
        return _new(args.name, args.path)
    if args.verb != "check" and pending_migrations():
        raise CityNotReady
    if args.verb == "adopt":
        return _adopt(args.section, args.key)
    verbs: dict[str, Callable[[Packs], Reply]] = {
        "list": _list,
        "check": _check,
        "plan": _plan,
        "apply": _apply,
        "test": _test,
    }
    return verbs[args.verb](_load(args.which))


def _load(which: list[str]) -> Packs:
    """The packs named, and what they need. What looks like a path (has a `/`, or is `.`) is one."""
    paths = [Path(word) for word in which if "/" in word or word.startswith(".")]
    folders = [pack for path in paths for pack in _packs_at(path)]
    names = [word for word in which if "/" not in word and not word.startswith(".")]
    return load(gather(PACK_ROOMS), paths=folders, only=[*names, *(folder.resolve().name for folder in folders)])


def _packs_at(path: Path) -> list[Path]:
    if not (found := packs_in(path)):
        raise NoPackThere(path=path)
    return found


def _list(packs: Packs) -> Reply:
    in_force = packs_applied()
    rows = [
        {
            "name": pack.name,
            "version": pack.manifest.version,
            "zh": pack.manifest.title.zh,
            "en": pack.manifest.title.en,
            "needs": list(pack.manifest.needs),
            "declared": len(pack.declared),
            "in_force": in_force.get(pack.name, 0),
            "folder": str(pack.folder),
        }
        for pack in packs.packs.values()
    ]
    lines = [
        f"{row['name']} {row['version']}  {row['zh']} · {row['en']}\n"
        f"    声明 declared {row['declared']}，已生效 in force {row['in_force']}; {row['folder']}"
        for row in rows
    ]
    return Reply("\n".join(lines), data=rows)


def _check(packs: Packs) -> Reply:
    findings = check(packs) or sorted(situations.situations(packs)[1])
    return _with_problems(packs, findings)


def _with_problems(packs: Packs, findings: list[Finding]) -> Reply:
    counts = len(packs.packs), sum(len(pack.declared) for pack in packs.packs.values()), len(findings)
    last = "{} 个内容包，{} 个条目，{} 处问题 · {} packs, {} pieces, {} problems".format(*counts, *counts)
    problems = [{"file": str(one.file), "line": one.line, "zh": one.zh, "en": one.en} for one in findings]
    data = {"packs": sorted(packs.packs), "pieces": counts[1], "problems": problems}
    return Reply("\n".join([*map(str, findings), last]), data=data, code=1 if findings else 0)


def _plan(packs: Packs) -> Reply:
    if findings := check(packs):
        return _with_problems(packs, findings)
    return _planned(applying.plan(packs), "")


def _apply(packs: Packs) -> Reply:
    return _planned(applying.apply(packs, by=house("command-line")), "已应用 applied: ")


def _planned(plan: Plan, said: str) -> Reply:
    counts = ", ".join(f"{SAID[Kind(kind)]} {kind} {count}" for kind, count in plan.counts.items() if count)
    nothing = "没有要做的 · nothing to do"
    shown = [str(line) for line in plan.lines if line.kind != "unchanged"]
    last = f"{said}{counts}" if plan.to_do else f"{nothing} ({counts or '无条目 empty'})"
    lines = [
        {
            "kind": line.kind.value,
            "section": line.section,
            "key": line.key,
            "pack": line.pack,
            "changes": [{"path": one.path, "old": one.old, "new": one.new} for one in line.changes],
            "drifted": [{"path": one.path, "old": one.old, "new": one.new} for one in line.drifted],
        }
        for line in plan.lines
        if line.kind != "unchanged"
    ]
    return Reply("\n".join([*shown, last]), data={"counts": plan.counts, "lines": lines})


def _test(packs: Packs) -> Reply:
    findings = check(packs) or sorted(situations.situations(packs)[1])
    if findings:
        return _with_problems(packs, findings)
    outcomes = list(situations.run(packs))
    failed = [outcome for outcome in outcomes if not outcome.held]
    rows = [
        {
            "pack": one.pack,
            "zh": one.name.zh,
            "en": one.name.en,
            "held": one.held,
            "wanted": one.wanted,
            "answer": one.answer,
        }
        for one in outcomes
    ]
    last = f"{len(outcomes)} 个情形，{len(failed)} 个不符 · {len(outcomes)} situations, {len(failed)} failed"
    return Reply("\n".join([*map(str, failed), last]), data=rows, code=1 if failed else 0)


def _new(name: str, path: Path) -> Reply:
    files = write_skeleton(name, path, gather(PACK_ROOMS))
    return Reply("\n".join(map(str, files)), data=[str(file) for file in files])


def _adopt(section: str, key: str) -> Reply:
    piece = ownership.adopt(section, key, by=house("command-line"))
    return Reply(f"{piece.section}/{piece.key}: {piece.adopted_at:%F %T}", data={"section": section, "key": key})
