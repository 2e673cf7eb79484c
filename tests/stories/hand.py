"""Inside a city that a test started: opens batches and looks closely.  A line of JSON in, a line out.

A process of its own, since Django in the test's process belongs to another city.  When the database goes away it waits
for it; any other failure ends it, with its traceback on standard error.
"""

import json
import sys
import time
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import Error, close_old_connections, transaction  # noqa: E402
from tests.case_road import cases_told, decide_cases  # noqa: E402
from tests.people_road import hand_in, told  # noqa: E402
from tests.stories.misfortunes import break_a_rule, mend, misdeliver, names, plant, sealed_values, somebody  # noqa: E402

from gusu.kernel.actor import house  # noqa: E402
from gusu.kernel.audit.queries import faults  # noqa: E402
from gusu.kernel.lake import files  # noqa: E402
from gusu.kernel.lake.models import LakeFile  # noqa: E402
from gusu.resources.exchange.actions import open_batch  # noqa: E402
from gusu.resources.exchange.queries import exchange_of  # noqa: E402
from gusu.resources.registers import store  # noqa: E402
from gusu.resources.registers.actions import salt_of  # noqa: E402
from gusu.resources.registers.queries import registers  # noqa: E402
from gusu.resources.registers.spec import spec_of  # noqa: E402
from gusu.site.server import condition  # noqa: E402
from gusu.site.server.place import Place  # noqa: E402


def queue(sources: dict[str, str]) -> list[int]:
    """A batch of each exchange, all in one transaction; answers their numbers in the table."""
    with transaction.atomic():
        return [open_batch(exchange_of(code), by=house("test"), source=path).pk for code, path in sources.items()]


def digests() -> dict[str, str]:
    """Of every register, recomputed from its rows."""
    return {register.code: store.digest(spec_of(register.spec), salt_of(register.code)) for register in registers()}


def audit_faults() -> list[str]:
    return [str(fault) for fault in faults()]


def lake_faults() -> list[str]:
    """Rows without their file as it was, batches or parts of them with two files."""
    found, seen = [], set()
    for row in LakeFile.objects.order_by("path"):
        file = Path(settings.LAKE) / row.path
        if not file.is_file() or sha256(file.read_bytes()).hexdigest() != row.sha256:
            found.append(f"{row.path}: missing or changed")
        place = (row.layer, row.dataset, row.batch, row.part)
        if place in seen:
            found.append(f"{row.path}: a second file of its batch")
        seen.add(place)
    return found


def swept() -> list[str]:
    """Sweep the lake of every nameless file; answers those that are still there without a row."""
    files.sweep(older_than=timedelta(0))
    known = set(LakeFile.objects.values_list("path", flat=True))
    lake = Path(settings.LAKE)
    return [str(path.relative_to(lake)) for path in lake.rglob("*.parquet") if str(path.relative_to(lake)) not in known]


def trouble() -> list[str]:
    """What `gusu status` finds wrong."""
    return [f"{part.name}: {part.said}" for part in condition.observed(Place.chosen()).parts if not part.ok]


LOOKING = (cases_told, digests, told, audit_faults, lake_faults, swept, trouble, sealed_values, names, somebody)
DOING = (queue, hand_in, decide_cases, plant, misdeliver, mend, break_a_rule)
DEEDS = {deed.__name__: deed for deed in (*LOOKING, *DOING)}


def obey(line: str) -> object:
    asked = json.loads(line)
    deadline = time.monotonic() + 60
    while True:
        close_old_connections()
        try:
            return DEEDS[asked["do"]](*asked["with"])
        except Error:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(obey(line)), flush=True)
