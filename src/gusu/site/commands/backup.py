"""Save a city in one file."""

import argparse
from pathlib import Path

from gusu.site.cli import Reply
from gusu.site.server import backup
from gusu.site.server.place import Place

GROUP = "run"
HELP = "Save database and lake in one file, while the city runs or not."
NEEDS = "database"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE.tar", help="written under another name first; never overwritten"
    )


def run(args: argparse.Namespace) -> Reply:
    made = backup.save(Place.chosen(), args.file)
    text = (
        f"{args.file}: the database and {made['lake_files']} lake files, {made['bytes']:,} bytes.\n"
        f"The keys are not in it ({', '.join(made['keys'])} open it): keep your key folder safe elsewhere."
    )
    return Reply(text, data=made)
