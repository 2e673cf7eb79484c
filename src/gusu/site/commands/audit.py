"""The audit trail from the command line: prove it, or read its newest lines."""

import argparse
from dataclasses import asdict

from gusu.kernel.audit import queries
from gusu.site.cli import Reply

GROUP = "ask"
HELP = "Verify that no line of the audit trail was changed, removed or slipped in; show the newest."
NEEDS = "database"


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("verify", help="every seal and every sealed line; exit code 1 if anything is amiss")
    tail = verbs.add_parser("tail", help="the newest lines")
    tail.add_argument("-n", type=int, default=20, metavar="LINES")


def run(args: argparse.Namespace) -> Reply:
    return _tail(args.n) if args.verb == "tail" else _verify()


def _verify() -> Reply:
    faults = list(queries.faults())
    seal = queries.newest_seal()
    if faults:
        lines = [f"{fault.kind}: seal {fault.seal or '-'}, line {fault.line or '-'}" for fault in faults]
        return Reply("\n".join(lines), {"faults": [asdict(fault) for fault in faults]}, code=1)
    newest = seal.pk if seal else 0
    said = f"审计记录完整，最新封存 {newest} · the trail is as it was sealed, newest seal {newest}"
    return Reply(said, {"faults": [], "newest_seal": newest})


def _tail(count: int) -> Reply:
    found = list(queries.lines()[:count])
    text = "\n".join(
        f"{line.pk:>8} {line.at:%F %T} {line.actor:<34} {line.verb:<32} {line.outcome} {line.code}" for line in found
    )
    fields = (
        "id",
        "at",
        "actor",
        "organisation",
        "verb",
        "subject_kind",
        "subject_id",
        "outcome",
        "code",
        "purpose",
        "detail",
    )
    return Reply(text or "no line yet", [{name: getattr(line, name) for name in fields} for line in found])
