"""Delete a city."""

import argparse
import shutil
import sys

from gusu.site.cli import Reply
from gusu.site.server import locks, postgres
from gusu.site.server.errors import CityIsRunning
from gusu.site.server.place import Place

GROUP = "run"
HELP = "Delete the city's data folder. Keys and backups elsewhere stay."
NEEDS = "nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> Reply:
    place = Place.chosen()
    if not place.data.exists():
        return Reply(f"There is no city in {place.data}.", data={"deleted": []})
    doomed = sorted(str(path) for path in place.data.iterdir())
    if not args.yes and not _confirmed(place, doomed):
        return Reply("Nothing was deleted.", data={"deleted": []}, code=1)
    _delete(place)
    return Reply(f"Deleted: {place.data}", data={"deleted": doomed})


def _confirmed(place: Place, doomed: list[str]) -> bool:
    listed = "\n".join(f"  {path}" for path in doomed)
    print(f"This deletes the whole city in {place.data}:\n{listed}", file=sys.stderr)
    print("Type yes to delete it: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == "yes"


def _delete(place: Place) -> None:
    try:
        with locks.held(place.run / "up.lock"), locks.held(place.run / "postgres.lock"):
            postgres.Embedded(place).heal()
            shutil.rmtree(place.data)
    except locks.Held as other:
        raise CityIsRunning(data=place.data, pid=other.pid) from None
