"""Stop a city from another terminal."""

import argparse
import sys

from gusu.site.cli import Reply
from gusu.site.server import supervisor
from gusu.site.server.place import Place

GROUP = "run"
HELP = "Stop the city that runs on this data folder."
NEEDS = "nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=90.0, metavar="N", help="how long to wait for it (default 90)")


def run(args: argparse.Namespace) -> Reply:
    place = Place.chosen()
    if about := supervisor.running(place):
        stopped = supervisor.ask_to_stop(about, args.seconds)
        still = f"{args.seconds:g} 秒后仍在停止 · The city is still stopping after {args.seconds:g} s."
        said = "城市已停止运行 · The city has stopped." if stopped else still
        return Reply(said, data={"stopped": stopped, "was_running": True}, code=0 if stopped else 1)
    ended = (
        supervisor.end_left_overs(place, lambda line: print(f"· {line}", file=sys.stderr)) if place.run.exists() else 0
    )
    return Reply(
        "此处没有正在运行的城市 · No city runs here.",
        data={"stopped": True, "was_running": False, "left_overs_ended": ended},
    )
