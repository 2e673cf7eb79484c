"""The thread in one city: departments built, the road to golden records, the same by hand, a day later."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import psycopg
from django.db import connection
from tests.departments import departments

import thread_facts
import thread_truth
from gusu.demo.departments.build import departments_folder, next_day
from gusu.kernel.actor import house
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange import connections
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.queries import Exchange, exchanges
from gusu.resources.quality.actions import check_batch
from gusu.resources.subjects import secrets
from gusu.resources.subjects.actions import fuse_register, link_batch
from gusu.resources.subjects.queries import base_register, declared, newest_edition
from gusu.resources.subjects.spec import blind_column
from gusu.site.wiring import PACK_ROOMS
from metering import Meter
from thread_found import BY_HAND_STAGES, Whole

REGISTER, SEED = "population", 7
# What the figures have been of since the first: the lists with planted defects. What came with services is left out.
LISTS = {"police_residents", "insured_persons", "health_records", "elderly", "deaths", "marriages"}
BY = house("bench")
BY_HAND = Path(__file__).parent / "by_hand" / "by_hand.py"


class DigestsDiffer(RuntimeError):
    """The rival did not do the same job: its figures say nothing."""


def grown(meter: Meter, people: int) -> int:
    """Build and travel the road; answers the rows landed. Stages: build, road, and those inside."""
    with _city(meter, people):
        return _road(meter, "road")


def whole(meter: Meter, people: int, changes: int) -> Whole:
    """The same, then everything that can be asked of such a city."""
    with _city(meter, people):
        rows = _road(meter, "road")
        _same_by_hand(meter)
        defects, (precision, recall) = thread_truth.defects(), thread_truth.links(declared(REGISTER))
        _settled()
        with meter.stage("facts_about"):
            facts = thread_facts.timed(REGISTER)
        next_day(changes)
        _settled()
        of_the_day = _road(meter, "increment")
        edition = newest_edition(REGISTER)
        assert edition is not None
        return Whole(rows, of_the_day, not edition.rebuilt, facts, defects, precision, recall)


@contextmanager
def _city(meter: Meter, people: int) -> Iterator[None]:
    """The packs, the departments' systems, and the lists of divisions that some rules look into."""
    apply(load(gather(PACK_ROOMS)), by=BY)
    with ExitStack() as stack:
        with meter.stage("build"):
            stack.enter_context(departments(people, SEED))
        for exchange in _exchanges(feeding=False):
            batch = open_batch(exchange, by=BY)
            receive_batch(batch, by=BY)
            check_batch(batch, by=BY)
        _settled()
        yield


def _exchanges(*, feeding: bool) -> list[Exchange]:
    wanted = LISTS if feeding else {one.resource for one in exchanges()} - set(declared(REGISTER).resources)
    return [standing.exchange for standing in exchanges() if standing.resource in wanted]


def _settled() -> None:
    """What was written before is on the disk: no stage pays for another's."""
    with psycopg.connect(os.environ["DATABASE_URL"], user="postgres", autocommit=True) as server:
        server.execute("CHECKPOINT")


def _road(meter: Meter, name: str) -> int:
    """From the departments' systems to a published edition, as a worker would go; answers the rows landed."""
    rows, register = 0, base_register(REGISTER)
    with meter.stage(name):
        for exchange in _exchanges(feeding=True):
            batch = open_batch(exchange, by=BY)
            for step in (receive_batch, check_batch, link_batch):
                with meter.stage(f"{name}: {step.__name__.removesuffix('_batch')}", exchange.code):
                    step(batch, by=BY)
                batch.refresh_from_db()
            if batch.refused_code:
                raise RuntimeError(f"{batch}: {batch.refused.en}")
            rows += batch.rows or 0
        with meter.stage(f"{name}: fuse"):
            fuse_register(register, by=BY)
    return rows


def _same_by_hand(meter: Meter) -> None:
    """DigestsDiffer."""
    _settled()
    edition = newest_edition(REGISTER)
    assert edition is not None
    with tempfile.NamedTemporaryFile() as given:
        given.write(msgspec.json.encode(_given()))
        given.flush()
        digest = _written_by_hand(meter, given.name)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE by_hand")
    if digest != edition.digest:
        raise DigestsDiffer(f"by hand {digest}, ours {edition.digest}")


def _written_by_hand(meter: Meter, given: str) -> str:
    """The digest that the script comes to. Stages: by hand, and its own."""
    command = [sys.executable, str(BY_HAND), given]
    with meter.stage("by hand"), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        for stage in BY_HAND_STAGES:
            with meter.stage(f"by hand: {stage}"):
                said = script.stdout.readline().strip()
            if said != stage:
                raise RuntimeError(f"by hand: {stage} failed")
        digest = script.stdout.readline().strip()
        os.waitid(os.P_PID, script.pid, os.WEXITED | os.WNOWAIT)  # a corpse, whose time can still be read
    return digest


def _given() -> dict[str, object]:
    """What the script is told: where everything is, and the secrets that its digest and ids are made with."""
    spec, place, health = declared(REGISTER), departments_folder(), connections.connection("health")
    [insured], [workbook] = (place / "human_resources").glob("*.csv"), (place / "civil_affairs").glob("*.xlsx")
    sealed = ("person.phone", "person.household")
    return {
        "city": os.environ["DATABASE_URL"],
        "police": connections.connection("police")["dsn"],
        "insured": str(insured),
        "workbook": str(workbook),
        "health": health["url"],
        "token": health["token"],
        "variables": {name: value.hex() for name, value in secrets.values(spec).items()},
        "subject": secrets.subject(spec, "number"),
        "blind": {blind_column(element): secrets.indexed(spec, element) for element in sealed},
        "salt": secrets.salt(spec),
    }
