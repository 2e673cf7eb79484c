"""Exchanges from the command line: what stands, what arrived, receive now; what goes back, hand it back now."""

import argparse
import json
import sys
import time
from pathlib import Path

from gusu.kernel.actor import house
from gusu.kernel.lake import files
from gusu.resources.exchange import queries
from gusu.resources.exchange.actions import (
    chunks_that_differ,
    deliver_all,
    drop,
    keep_connection,
    open_batch,
    open_batches_due,
)
from gusu.site.cli import Reply

GROUP = "content"
HELP = "List exchanges and batches; receive now, also from a file of yours; hand outcomes back; keep connections."
NEEDS = "database"
PATIENCE = 600.0
BY = house("command-line")
SAID = {
    "opened": "已开立",
    "landed": "已入湖",
    "checked": "已检查",
    "merged": "已入库",
    "unchanged": "无变化",
    "refused": "已拒收",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="standing exchanges and what arrived last")
    batches = verbs.add_parser("batches", help="batches, newest first")
    batches.add_argument("code", metavar="EXCHANGE", nargs="?", default="", help="of this exchange only")
    receive = verbs.add_parser("receive", help="open a batch; the running city's worker receives it")
    receive.add_argument("code", metavar="EXCHANGE", nargs="?", default="")
    receive.add_argument("--all", action="store_true", help="every exchange that has none under way")
    receive.add_argument("--file", type=Path, metavar="FILE", help="this file instead of the exchange's own place")
    receive.add_argument("--whole", action="store_true", help="everything, also where changes would do")
    receive.add_argument("--accept-volume", action="store_true", help="however many rows there are, or few")
    receive.add_argument("--wait", action="store_true", help="until it is merged, unchanged or refused (exit code 1)")

    verify = verbs.add_parser(
        "verify", help="count and digest again what the lake holds, against the receipts, and every file"
    )
    verify.add_argument("code", metavar="EXCHANGE", nargs="?", default="", help="of this exchange only")

    verbs.add_parser("returns", help="standing returns: what waits, what was handed back, what is in the way")
    back = verbs.add_parser("return", help="hand what waits to its department now (exit code 1 if some still waits)")
    back.add_argument("code", metavar="RETURN")

    connect = verbs.add_parser("connect", help="keep a connection: its words as a JSON object on standard input")
    connect.add_argument("name", metavar="NAME")
    verbs.add_parser("connections", help="names of the connections kept; never what they hold")


def run(args: argparse.Namespace) -> Reply:
    if args.verb == "list":
        return _list()
    if args.verb == "batches":
        return _batches(args.code)
    if args.verb == "verify":
        return _verified(args.code)
    if args.verb == "returns":
        return _returns()
    if args.verb == "return":
        return _handed_back(args.code)
    if args.verb == "connections":
        kept = queries.connection_names()
        return Reply("\n".join(kept) or "没有保存任何连接 · no connection is kept", kept)
    if args.verb == "connect":
        return _connect(args.name)
    batches = open_batches_due(by=BY) if args.all else [_opened(args)]
    return _received(batches, args.wait)


def _list() -> Reply:
    found = queries.exchanges()
    lines = [f"{one.code:<24} {_state(one.last_state):<14} {one.last_rows or 0:>10}  {one.title.both}" for one in found]
    data = [
        {"code": one.code, "state": one.last_state, "rows": one.last_rows, "number": one.last_number} for one in found
    ]
    return Reply("\n".join(lines) or "没有声明任何交换任务 · no exchange is declared", data)


def _batches(code: str) -> Reply:
    found = list(queries.batches(exchange=code)[:50])
    return Reply("\n".join(map(_line, found)) or "尚无批次 · no batch yet", [_data(batch) for batch in found])


def _verified(code: str) -> Reply:
    landed = queries.landed_batches([queries.exchange_of(code).resource] if code else None)
    found = {str(batch): chunks_that_differ(batch) for batch in landed}
    said = {batch: f"分块不一致 chunks {chunks} DIFFER" if chunks else "一致 holds" for batch, chunks in found.items()}
    lines = [f"{batch:<32} {how}" for batch, how in said.items()]
    broken = [] if code else files.damaged()
    lines += [f"{path} 已损坏或丢失 · DAMAGED or gone" for path in broken]
    wrong, data = bool(broken) or any(found.values()), {"batches": found, "damaged": broken}
    return Reply("\n".join(lines) or "尚无批次 · no batch yet", data, code=1 if wrong else 0)


def _returns(code: str = "") -> Reply:
    found = [one for one in queries.returns() if code in ("", one.code)]
    lines = [
        f"{one.code:<24} 待回 waiting {one.waiting:>6}  已回 returned {one.returned:>6}  "
        f"被拒 refused {one.refused:>4}  "
        f"{one.trouble.both if one.trouble_since else one.title.both}"
        for one in found
    ]
    data = [{name: getattr(one, name) for name in ("code", "waiting", "returned", "refused")} for one in found]
    still = bool(code) and any(one.waiting for one in found)
    return Reply("\n".join(lines) or "没有声明任何回流 · no return is declared", data, code=1 if still else 0)


def _handed_back(code: str) -> Reply:
    deliver_all(queries.return_of(code), by=BY)
    return _returns(code)


def _connect(name: str) -> Reply:
    try:
        words = json.load(sys.stdin)
    except ValueError:
        words = None
    keep_connection(name, words)
    return Reply(f"连接 {name} 已保存 · connection {name} is kept", {"connection": name})


def _opened(args: argparse.Namespace) -> queries.Batch:
    source = drop(args.file.name, [args.file.read_bytes()]) if args.file else ""
    exchange = queries.exchange_of(args.code)
    return open_batch(exchange, by=BY, source=source, whole=args.whole, accepts_volume=args.accept_volume)


def _received(batches: list[queries.Batch], wait: bool) -> Reply:
    until = time.monotonic() + PATIENCE
    while wait and any(batch.state in queries.UNDER_WAY for batch in batches) and time.monotonic() < until:
        time.sleep(0.2)
        for batch in batches:
            batch.refresh_from_db()
    refused = any(batch.state == queries.BatchState.REFUSED for batch in batches)
    data = [_data(batch) for batch in batches]
    said = "\n".join(map(_line, batches)) or "没有到期的交换 · nothing is due"
    return Reply(said, data[0] if len(data) == 1 else data, code=1 if refused else 0)


def _state(code: str | None) -> str:
    """A batch's state, Chinese first."""
    return f"{SAID[code]} {code}" if code else "-"


def _line(batch: queries.Batch) -> str:
    said = batch.refused.both if batch.refused_code else ""
    return f"{batch!s:<32} {_state(batch.state):<14} {batch.rows or 0:>10}  {said}".rstrip()


def _data(batch: queries.Batch) -> dict[str, object]:
    return {
        "batch": str(batch),
        "state": batch.state,
        "rows": batch.rows,
        "digest": batch.digest_landed,
        "refused": batch.refused_code,
    }
