"""Whether a city is well."""

import argparse

from gusu.site.cli import Reply
from gusu.site.server import condition
from gusu.site.server.place import Place

GROUP = "run"
HELP = "Say whether database, migrations, web and worker are well."
NEEDS = "django"


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> Reply:
    city = condition.observed(Place.chosen())
    return Reply(condition.as_text(city), data=condition.as_data(city), code=0 if city.green else 1)
