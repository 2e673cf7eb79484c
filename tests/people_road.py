"""The people's road as tests travel it: what departments deliver, and all that can be told of what came of it.

The kill story asks inside the killed city (by its hand) and in the undisturbed one beside it, word for word the same.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction

from gusu.demo.departments.build import next_day
from gusu.kernel import ids
from gusu.kernel.actor import Actor, house
from gusu.kernel.engine import digest, duck
from gusu.kernel.lake import files
from gusu.resources.catalogue.queries import entry_of
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.models import Batch, BatchState, Exchange
from gusu.resources.exchange.queries import files_of, landed_batches
from gusu.resources.quality.actions import check_batch
from gusu.resources.quality.kinds import kind_of
from gusu.resources.quality.queries import kept_out_files, rules_of
from gusu.resources.subjects.actions import erase_subject, fuse_register, link_batch
from gusu.resources.subjects.erasing import close_erasures, forget_in_all
from gusu.resources.subjects.facts import opened
from gusu.resources.subjects.models import BaseRegister, Erasure, LinkedBatch
from gusu.resources.subjects.queries import KIND, newest_edition
from gusu.resources.subjects.spec import spec_of

BY = house("test")
OFFICER = Actor("acc1-TEST", organisation="resource_centre", permissions=frozenset({"subjects.erase"}))
PACK, REGISTER, TABLE = "population", "population", "subjects_population"
CHANGES = 200  # rows of a day: few enough to be merged
HOLD_EVERYTHING = ("postgres", "http_json")  # connectors that can be asked for everything again
SALT = "00" * 16  # batches have their own; this one lets two cities be compared

GOLDEN = f"""
SELECT count(*), md5(string_agg((to_jsonb(r) - ARRAY['edition'])::text, '|' ORDER BY subject))
FROM {TABLE} AS r
"""
DOSSIERS = "SELECT subject, dossier, wrapped FROM dossiers_population JOIN resources_dossierkey AS k ON k.id = key"
TABLES = "SELECT tablename FROM pg_tables WHERE tablename ~ '^(subjects|dossiers)_' ORDER BY 1"


def hand_in(delivery: str) -> list[int]:
    """The departments deliver, and each delivery gets its batch: the numbers of the batches in the table.

    "day": a day has passed, and everybody sends what changed.  "whole": somebody is to be forgotten, and those who can
    be asked send everything again.
    "first", "again": everybody sends what is there.
    """
    if delivery == "day":
        next_day(CHANGES)
    asked = Exchange.objects.filter(pack=PACK, ended_at=None).order_by("code")
    if delivery == "whole":
        asked = asked.filter(connector__in=HOLD_EVERYTHING)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT subject FROM {TABLE} ORDER BY subject LIMIT 1")
            [(subject,)] = cursor.fetchall()
        erase_subject(
            BaseRegister.objects.get(code=REGISTER), by=OFFICER, subject=ids.spelled(KIND, subject), ground="unlawful"
        )
    with transaction.atomic():
        return [open_batch(exchange, by=BY, whole=delivery == "whole").pk for exchange in asked]


def travel(batches: list[int], timed: Callable[[str], AbstractContextManager[None]] = nullcontext) -> None:
    """The road of these batches, in this process. timed: around every step."""
    for batch in Batch.objects.filter(pk__in=batches).order_by("pk"):
        for step, act in (("receive", receive_batch), ("check", check_batch), ("link", link_batch)):
            with timed(step):
                act(batch, by=BY)
            batch.refresh_from_db()
    register = BaseRegister.objects.get(code=REGISTER)
    with timed("fuse"):
        fuse_register(register, by=BY)
    for resource in spec_of(register.spec).resources if register.erasures.exists() else ():
        with timed("forget"):
            forget_in_all(resource, by=BY)
    for batch in landed_batches():
        link_batch(batch, by=BY)
    close_erasures()


def told() -> dict[str, Any]:
    """The newest edition, every golden record and dossier, every batch's receipt; a digest where it would be long."""
    edition = newest_edition(REGISTER)
    assert edition is not None
    batches = list(
        Batch.objects.filter(exchange__pack=PACK).select_related("exchange").order_by("exchange__code", "number")
    )
    with connection.cursor() as cursor:
        cursor.execute(GOLDEN)
        golden = [*cursor.fetchone()]
        cursor.execute(DOSSIERS)
        names = {str(batch.pk): str(batch) for batch in batches}
        dossiers = sorted(_dossier(*row, names=names) for row in cursor.fetchall())
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
    return {
        "edition": [edition.digest, edition.doubts, edition.subjects, edition.sources],
        "rebuilt": edition.rebuilt,
        "forgotten": [erasure.done_at is not None for erasure in Erasure.objects.order_by("pk")],
        "golden": golden,
        "dossiers": [len(dossiers), hashlib.sha256("\n".join(dossiers).encode()).hexdigest()],
        "tables": tables,
        "batches": {str(batch): _receipt(batch) for batch in batches},
        "lake": _lake(batches),
    }


def _dossier(subject: Any, closed: Any, wrapped: str, *, names: dict[str, str]) -> str:
    entries = [[letter, names[batch], *rest] for letter, batch, *rest in opened(closed, subject, wrapped)]
    return f"{subject} {entries}"


def _receipt(batch: Batch) -> list[Any]:
    """What is kept of a batch beside its files. What a rule that looks at other resources finds is who came first."""
    check = getattr(batch, "checked", None)
    looking = [rule.code for rule in rules_of(batch.exchange.resource) if kind_of(rule.check_spec).resources()]
    found = check.results.exclude(rule__in=looking).order_by("rule") if check else []
    return [
        batch.state,
        batch.complete,
        batch.told_rows,
        batch.rows,
        [
            [chunk.number, chunk.rows, chunk.first_position, chunk.last_position]
            for chunk in batch.chunks.order_by("number")
        ],
        [check.rows, check.passed, check.quarantined, check.alarm, check.quarantine.count()] if check else [],
        [[one.rule, one.failed, one.samples] for one in found],
        [
            [one.source, one.rows, one.linked, one.parts]
            for one in LinkedBatch.objects.filter(batch=batch).order_by("source")
        ],
    ]


def _lake(batches: list[Batch]) -> dict[str, list[str]]:
    """What the newest landed batch of each exchange holds, as landed and as kept out: digests with one salt."""
    newest = {batch.exchange_id: batch for batch in batches if batch.state == BatchState.MERGED}
    asked = dict(_files(list(newest.values())))
    texts = "(SELECT COLUMNS(*)::VARCHAR FROM {})"
    answers = duck.run(
        [digest.measured(texts.format(duck.files(paths)), columns, SALT) for paths, columns in asked.values()]
    )
    return {
        name: str(digest.whole(digest.measures(answer).values())) for name, answer in zip(asked, answers, strict=True)
    }


def _files(batches: list[Batch]) -> Iterator[tuple[str, tuple[list[str], list[str]]]]:
    for batch in batches:
        columns = [item["name"] for item in entry_of(batch.exchange.resource).items]
        yield f"{batch} landed", (files_of(batch), ["_position", *columns])
        yield f"{batch} kept out", (kept_out_files(batch), ["_position"])
        for one in LinkedBatch.objects.filter(batch=batch):
            dataset = f"{REGISTER}.{one.source}"
            yield (
                f"{batch} links of {one.source}",
                (
                    files.paths(dataset, batch.folder, "links"),
                    ["_position", "record", "subject"],
                ),
            )
