"""Delete a city."""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass

import fsspec
from psycopg.conninfo import conninfo_to_dict

from gusu.site.cli import Reply
from gusu.site.server import locks, restore
from gusu.site.server.errors import CityIsRunning
from gusu.site.server.place import Place
from gusu.site.server.postgres import Embedded

GROUP = "run"
HELP = "Delete the city: data folder, database and lake. Keys and backups stay."
NEEDS = "nothing"


@dataclass(frozen=True)
class Doomed:
    """What a reset deletes: the folder's content, and what the city keeps elsewhere ('' for nothing)."""

    inside: list[str]
    database: str
    lake: str

    @classmethod
    def of(cls, place: Place) -> "Doomed":
        inside = sorted(str(path) for path in place.data.iterdir()) if place.data.exists() else []
        return cls(inside, os.environ.get("DATABASE_URL", ""), os.environ.get("GUSU_LAKE", ""))

    @property
    def lines(self) -> list[str]:
        """For people and programs; no password."""
        about = conninfo_to_dict(self.database) if self.database else {}
        server = (
            [f"everything in the database {about.get('dbname')} on {about.get('host', 'this machine')}"]
            if about
            else []
        )
        return [*self.inside, *server, *([f"the lake at {self.lake}"] if self.lake else [])]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> Reply:
    place = Place.chosen()
    doomed = Doomed.of(place)
    if not doomed.lines:
        return Reply(f"There is no city in {place.data}.", data={"deleted": []})
    if not args.yes and not _confirmed(place, doomed):
        return Reply("Nothing was deleted.", data={"deleted": []}, code=1)
    _delete(place, doomed)
    return Reply("\n".join(["Deleted:", *(f"  {line}" for line in doomed.lines)]), data={"deleted": doomed.lines})


def _confirmed(place: Place, doomed: Doomed) -> bool:
    listed = "\n".join(f"  {line}" for line in doomed.lines)
    print(f"This deletes the whole city in {place.data}:\n{listed}", file=sys.stderr)
    print("Type yes to delete it: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == "yes"


def _delete(place: Place, doomed: Doomed) -> None:
    try:
        with locks.held(place.run / "up.lock"), locks.held(place.run / "postgres.lock"):
            if doomed.database:
                restore.empty(doomed.database)
            if doomed.lake:
                filesystem, path = fsspec.core.url_to_fs(doomed.lake)
                if filesystem.exists(path):
                    filesystem.rm(path, recursive=True)
            Embedded(place).heal()
            shutil.rmtree(place.data)
    except locks.Held as other:
        raise CityIsRunning(data=place.data, pid=other.pid) from None
