"""Bring a city back from a file."""

import argparse
from pathlib import Path

from gusu.site.cli import Reply
from gusu.site.server import restore
from gusu.site.server.place import Place

GROUP = "run"
HELP = "Bring a city back from a backup; every checksum is verified first."
NEEDS = "nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.tar")
    parser.add_argument("--yes", action="store_true", help="also over a city that is already here")


def run(args: argparse.Namespace) -> Reply:
    done = restore.bring_back(Place.chosen(), args.file, replace=args.yes)
    return Reply(
        f"Restored from {args.file}: the database and {done['lake_files']} lake files, as of {done['made_at']}.",
        data=done,
    )
