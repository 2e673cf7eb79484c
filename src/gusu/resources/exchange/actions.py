"""Opening a batch (an action) and receiving it (a step)."""

import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from gusu.kernel import clock, scratch
from gusu.kernel.action import action, step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.errors import NotFound
from gusu.kernel.lake import files
from gusu.kernel.packs import inside, pack_folder
from gusu.kernel.states import move
from gusu.kernel.text import Text
from gusu.resources.catalogue.queries import entry_of
from gusu.resources.exchange import connections, landing, rules
from gusu.resources.exchange.connectors.contract import Asked, Source, connector
from gusu.resources.exchange.errors import BadInput, NothingInside, SourceMissing, WrongControl
from gusu.resources.exchange.events import BatchClosed, BatchLanded, BatchOpened
from gusu.resources.exchange.forgetting import (
    TakenOut,
    chunks_that_differ,
    let_go,
    past_retention,
    replace_landed,
    take_out,
)
from gusu.resources.exchange.landing import Landed
from gusu.resources.exchange.models import Batch, BatchState, Chunk, Exchange
from gusu.resources.exchange.queries import cursor_of, exchanges_due, files_of
from gusu.resources.exchange.returning import (
    deliver_all,
    deliver_outcomes,
    drop_returned_values,
    forget_outcomes,
    hand_over_again,
    return_outcome,
)
from gusu.resources.exchange.volume import Volume

__all__ = [
    "TakenOut",
    "chunks_that_differ",
    "deliver_all",
    "deliver_outcomes",
    "drop",
    "drop_returned_values",
    "forget_outcomes",
    "hand_over_again",
    "keep_connection",
    "let_go",
    "mark_checked",
    "mark_merged",
    "open_batch",
    "open_batches_due",
    "past_retention",
    "receive_batch",
    "replace_landed",
    "return_outcome",
    "sweep_drops",
    "take_out",
]
LONGEST_NAME = 60  # characters; of three bytes each a file name holds 85


@action(may=rules.may_run_exchanges, tells=lambda batch: BatchOpened(batch=batch.pk))
def open_batch(
    exchange: Exchange, *, by: Actor, source: str = "", whole: bool = False, accepts_volume: bool = False
) -> Batch:
    """Number the next batch of an exchange.

    source: a file delivered by hand; else the exchange's own place.  whole: everything, also where only what changed
    would be asked for.  accepts_volume: by somebody who has asked the department why there are so many rows, or so few.
    """
    last = exchange.batches.order_by("-number").values_list("number", flat=True).first() or 0
    batch = Batch.objects.create(
        exchange=exchange,
        number=last + 1,
        source=source or _file_in_pack(exchange),
        salt=secrets.token_hex(16),
        complete=whole,
        accepts_volume=accepts_volume,
        opened_by=by.account,
        opened_at=clock.now(),
    )
    note(batch=str(batch), **({"accepts_volume": True} if accepts_volume else {}))
    return batch


def open_batches_due(*, by: Actor) -> list[Batch]:
    """A batch for every exchange that stands ready and has none under way."""
    return [open_batch(exchange, by=by) for exchange in exchanges_due()]


@step
def receive_batch(batch: Batch, *, by: Actor) -> Callable[[Batch], BatchLanded | BatchClosed] | None:
    """Land what the source holds: counted and digested there and again in the lake, chunk by chunk; equal, or refused.

    A source with the bytes of the last batch received, or without anything new since, is `unchanged` and goes no
    further.  Bad input refuses the batch, with what, where and what to do kept on it, and changes nothing else.
    """
    if batch.state != BatchState.OPENED:
        return None
    try:
        return _received(batch)
    except BadInput as refusal:
        said, code = refusal.said, refusal.code
        return lambda fresh: _come_to_nothing(
            fresh, BatchState.REFUSED, refused_code=code, refused_zh=said.zh, refused_en=said.en
        )


def _received(batch: Batch) -> Callable[[Batch], BatchLanded | BatchClosed]:
    asked = _asked(batch)
    of_its_kind = connector(batch.exchange.connector)
    source = of_its_kind.source(asked)
    if source is None or (source.sha256 and source.sha256 == _last_received(batch.exchange)):
        return _unchanged(source.cursor if source else asked.cursor, source.sha256 if source else "")
    said = asked.set_as(of_its_kind.Settings)
    volume = Volume(batch, source, most_times=said.most_times)
    if source.told_rows is not None:
        volume.prove(source.told_rows)
    landed = landing.land(batch, source, asked)
    if source.told_rows not in (None, landed.measure.rows):
        raise WrongControl(place=source.place, item="记录数", told=source.told_rows, found=landed.measure.rows)
    if not landed.measure.rows and source.complete and not said.may_be_empty:
        raise NothingInside(place=source.place)
    if _is_empty_still(batch, source, landed) or _was_all_there(batch, source, landed, asked):
        return _unchanged(landed.cursor, source.sha256)
    volume.prove(landed.measure.rows)
    file = files.written(landed.path)
    return lambda fresh: _take_in(fresh, source, landed, file)


def _is_empty_still(batch: Batch, source: Source, landed: Landed) -> bool:
    """Nothing has come; or all there is is nothing, as it was last time."""
    if landed.measure.rows:
        return False
    last = batch.exchange.batches.exclude(landed_at=None).order_by("-number").first()
    return not source.complete or (last is not None and last.rows == 0)


def _was_all_there(batch: Batch, source: Source, landed: Landed, asked: Asked) -> bool:
    """Changes that reach no further than the last batch did: what it ended with, sent once more, or a latecomer."""
    if source.complete or landed.cursor != asked.cursor:
        return False
    last = batch.exchange.batches.exclude(landed_at=None).order_by("-number").first()
    before = files_of(last) if last else []
    return bool(before) and landing.holds_all_of(landed, before, asked)


def _asked(batch: Batch) -> Asked:
    entry = entry_of(batch.exchange.resource)
    return Asked(
        settings=batch.exchange.settings,
        columns=[item["name"] for item in entry.items],
        spool=scratch.for_the_step("receive"),
        path=Path(batch.source) if batch.source else None,
        cursor="" if batch.complete else cursor_of(batch.exchange),
        salt=batch.salt,
        key=entry.key,
        changed=entry.changed,
    )


def _unchanged(cursor: str, sha256: str) -> Callable[[Batch], BatchClosed]:
    words = {"complete": False, "cursor": cursor, "source_sha256": sha256}
    return lambda fresh: _come_to_nothing(fresh, BatchState.UNCHANGED, **words)


def _come_to_nothing(batch: Batch, state: BatchState, **changes: object) -> BatchClosed:
    _close(batch, state, **changes)
    return BatchClosed(batch=batch.pk, resource=batch.exchange.resource)


def _take_in(batch: Batch, source: Source, landed: Landed, file: files.Written) -> BatchLanded:
    """The whole effect of a received batch: its file, its chunks, where to go on, and that it landed."""
    files.adopt(file, rows=landed.measure.rows)
    Chunk.objects.bulk_create(Chunk(batch=batch, **asdict(cut)) for cut in landed.cuts)
    _close(
        batch,
        BatchState.LANDED,
        landed_at=clock.now(),
        source=batch.source or source.place,
        complete=source.complete,
        cursor=landed.cursor,
        told_rows=source.told_rows,
        source_sha256=source.sha256,
        rows=landed.measure.rows,
        digest_source=str(landed.measure),
        digest_landed=str(landed.measure),
    )
    return BatchLanded(batch=batch.pk)


@action(may=rules.is_the_house)
def mark_checked(batch: Batch, *, by: Actor) -> Batch:
    """Quality has looked at every row; called inside its commit."""
    _close(batch, BatchState.CHECKED, checked_at=clock.now())
    return batch


def mark_merged(batches: list[Batch]) -> None:
    """A register took these in; called inside its commit. One taken in before stays as it is."""
    for batch in batches:
        if batch.state == BatchState.CHECKED:
            _close(batch, BatchState.MERGED, merged_at=clock.now())


def _close(batch: Batch, state: BatchState, **changes: object) -> None:
    move(batch, state, along=rules.ALLOWED)
    for field, value in changes.items():
        setattr(batch, field, value)
    batch.save(update_fields=["state", *changes])
    if state in rules.RECEIVED:
        transaction.on_commit(lambda: _discard(Path(batch.source)))
    note(batch=str(batch), state=state, rows=batch.rows)


def _last_received(exchange: Exchange) -> str:
    received = exchange.batches.exclude(source_sha256="").exclude(state=BatchState.UNCHANGED)
    return received.order_by("-number").values_list("source_sha256", flat=True).first() or ""


def _file_in_pack(exchange: Exchange) -> str:
    """Where an exchange whose file lies in its pack finds it; "" where the connector finds its own way."""
    file = str(exchange.settings.get("file", ""))
    if exchange.settings.get("connection"):
        return ""
    folder = pack_folder(exchange.pack)
    if folder is None:
        raise NotFound(kind=Text("内容包", "pack"), key=exchange.pack)
    place = inside(folder, file)
    if place is None:
        raise SourceMissing(place=Path(file).name or exchange.code)
    return str(place)


def keep_connection(name: str, words: Mapping[str, str]) -> None:
    """Keep how a department is reached, in place of any connection of that name. WrongConnection."""
    connections.keep(name, words)


def drop(name: str, chunks: Iterable[bytes]) -> str:
    """Keep a file delivered by hand until it is received; answers where. The name is made safe and unique."""
    spoken = re.sub(r"[^\w.()（）-]+", "_", Path(name).name)[-LONGEST_NAME:]
    place = _drops() / f"{secrets.token_hex(8)}-{spoken}"
    with open(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.writelines(chunks)
    return str(place)


def sweep_drops(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Remove delivered files no batch waits for: a process was killed before it could; answers how many."""
    limit = (clock.now() - older_than).timestamp()
    found = [place for place in _drops().iterdir() if place.stat().st_mtime < limit]
    waiting = set(Batch.objects.filter(state=BatchState.OPENED).values_list("source", flat=True))
    left = [place for place in found if str(place) not in waiting]
    for place in left:
        _discard(place)
    return len(left)


def _discard(source: Path) -> None:
    """A delivered file has served once its batch is received or refused. Files of a pack or a department stay."""
    if source.parent == _drops():
        source.unlink(missing_ok=True)


def _drops() -> Path:
    place = Path(settings.DATA) / "drops"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place
