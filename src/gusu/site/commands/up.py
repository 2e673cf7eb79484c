"""Start a city and stay with it."""

import argparse
import sys

from gusu.site.cli import Reply
from gusu.site.server.place import Place
from gusu.site.server.supervisor import Supervisor

GROUP = "run"
HELP = "Start the city: database, web and worker. Ctrl-C stops it."
NEEDS = "nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=8000, metavar="N", help="web port on loopback (default 8000; 0 picks a free one)"
    )
    parser.add_argument("--people", type=int, default=0, metavar="N", help="people of the demo city (default 0)")


def run(args: argparse.Namespace) -> Reply:
    Supervisor(Place.chosen(), args.port, args.people, _report).up()
    return Reply("", data={"stopped": True})


def _report(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)
