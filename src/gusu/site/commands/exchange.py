"""Exchanges from the command line: what stands, what arrived, receive now."""

import argparse
import time
from pathlib import Path

from gusu.kernel.actor import house
from gusu.resources.exchange import queries
from gusu.resources.exchange.actions import drop, open_batch
from gusu.site.cli import Reply

GROUP = "content"
HELP = "List exchanges and batches; receive now, also from a file of yours."
NEEDS = "database"
PATIENCE = 600.0


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="standing exchanges and what arrived last")
    batches = verbs.add_parser("batches", help="batches, newest first")
    batches.add_argument("code", metavar="EXCHANGE", nargs="?", default="", help="of this exchange only")
    receive = verbs.add_parser("receive", help="open a batch; the running city's worker receives it")
    receive.add_argument("code", metavar="EXCHANGE")
    receive.add_argument("--file", type=Path, metavar="FILE", help="this file instead of the exchange's own place")
    receive.add_argument("--wait", action="store_true", help="until it is merged, unchanged or refused (exit code 1)")


def run(args: argparse.Namespace) -> Reply:
    if args.verb == "list":
        return _list()
    if args.verb == "batches":
        return _batches(args.code)
    return _receive(args.code, args.file, args.wait)


def _list() -> Reply:
    found = queries.exchanges()
    lines = [f"{one.code:<24} {one.last_state or '-':<10} {one.last_rows or 0:>10}  {one.title.both}" for one in found]
    data = [
        {"code": one.code, "state": one.last_state, "rows": one.last_rows, "number": one.last_number} for one in found
    ]
    return Reply("\n".join(lines) or "no exchange is declared", data)


def _batches(code: str) -> Reply:
    found = list(queries.batches(exchange=code)[:50])
    return Reply("\n".join(map(_line, found)) or "no batch yet", [_data(batch) for batch in found])


def _receive(code: str, file: Path | None, wait: bool) -> Reply:
    exchange = queries.exchange_of(code)
    source = drop(file.name, [file.read_bytes()]) if file else ""
    batch = open_batch(exchange, by=house("command-line"), source=source)
    until = time.monotonic() + PATIENCE
    while wait and batch.state in queries.UNDER_WAY and time.monotonic() < until:
        time.sleep(0.2)
        batch.refresh_from_db()
    return Reply(_line(batch), _data(batch), code=1 if batch.state == queries.BatchState.REFUSED else 0)


def _line(batch: queries.Batch) -> str:
    said = batch.refused.both if batch.refused_code else ""
    return f"{batch!s:<32} {batch.state:<10} {batch.rows or 0:>10}  {said}".rstrip()


def _data(batch: queries.Batch) -> dict[str, object]:
    return {
        "batch": str(batch),
        "state": batch.state,
        "rows": batch.rows,
        "digest": batch.digest_landed,
        "refused": batch.refused_code,
    }
