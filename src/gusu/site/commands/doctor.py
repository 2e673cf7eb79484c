"""Whether this machine and this database can carry a city."""

import argparse

from gusu.site.cli import Reply
from gusu.site.server import examination
from gusu.site.server.place import Place

GROUP = "run"
HELP = "Probe every database feature and the machine; say what is missing."
NEEDS = "nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> Reply:
    findings = examination.examine(Place.chosen())
    healthy = all(finding.ok or finding.only_a_note for finding in findings)
    lines = [finding.as_line() for finding in findings]
    lines.append("" if healthy else "\nWhat is marked missing must be put right before this database can carry a city.")
    data = {"ok": healthy, "findings": [finding.as_data() for finding in findings]}
    return Reply("\n".join(lines).rstrip(), data=data, code=0 if healthy else 1)
