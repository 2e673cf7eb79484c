"""Asking a register from the command line."""

import argparse
from dataclasses import asdict
from datetime import date
from typing import Any

from gusu.resources.registers import queries
from gusu.site.cli import Reply

GROUP = "ask"
HELP = "Ask a register: what a code is or was, what became of it, its path; find by name."
NEEDS = "database"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("register", metavar="REGISTER", nargs="?", help="its code; none lists the registers")
    parser.add_argument(
        "question", nargs="?", choices=["was", "became", "path", "search", "editions"], default="editions"
    )
    parser.add_argument("key", metavar="KEY", nargs="?", default="", help="a code (short ones are filled up) or words")
    parser.add_argument("--on", type=_day, metavar="DAY", help="as of a day or a year: 1998, 1998-06-30")
    parser.add_argument("--known", type=int, metavar="EDITION", help="as known in this edition")


def run(args: argparse.Namespace) -> Reply:
    if not args.register:
        found = queries.registers()
        return Reply("\n".join(f"{one.code:<20} {one.title.both}" for one in found), [one.code for one in found])
    queries.register_of(args.register)
    rows = _answers(args)
    text = "\n".join(map(_line, rows)) or "没有找到 · nothing found"
    return Reply(
        text,
        [asdict(row) if not isinstance(row, queries.Edition) else _edition(row) for row in rows],
        code=0 if rows else 1,
    )


def _answers(args: argparse.Namespace) -> list[Any]:
    code, key = args.register, queries.full_key(args.register, args.key)
    if args.question == "search":
        return queries.search(code, args.key)
    if args.question == "became":
        return queries.became(code, key, since=args.on, known=args.known)
    if args.question == "path":
        return queries.path(code, key, on=args.on, known=args.known)
    if args.question == "editions":
        return queries.editions(code)
    if args.on:
        return queries.versions_at(code, key, on=args.on, known=args.known)
    return queries.versions_of(code, key, known=args.known)


def _line(row: Any) -> str:
    if isinstance(row, queries.Version):
        since, until = row.valid_from or "…", row.valid_to or ("" if row.confirmed else "?")
        return f"{row.key}  {row.label}  {since} – {until}"
    if isinstance(row, queries.Change):
        after = f"{row.after_key or '—'} {row.after_label or ''}"
        return f"{row.moment.year}  {row.kind}  {row.before_key} {row.before_label} → {after}"
    return f"edition {row.number}  {row.at:%F %T}  +{row.added} -{row.closed} ={row.unchanged}  {row.digest}"


def _edition(row: queries.Edition) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at,
        "added": row.added,
        "closed": row.closed,
        "digest": row.digest,
        "inputs": row.inputs,
    }


def _day(typed: str) -> date:
    return date(int(typed), 12, 31) if len(typed) == 4 else date.fromisoformat(typed)
