"""Opening a batch (an action) and receiving it (a step)."""

import os
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from gusu.kernel import clock
from gusu.kernel.action import action, step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.engine import digest, duck
from gusu.kernel.engine.errors import EngineRefused
from gusu.kernel.errors import NotFound
from gusu.kernel.lake import files
from gusu.kernel.packs import inside, pack_folder
from gusu.kernel.states import move
from gusu.kernel.text import Text
from gusu.resources.catalogue.queries import item_names
from gusu.resources.exchange import rules
from gusu.resources.exchange.connectors.contract import Source, connector
from gusu.resources.exchange.errors import BadInput, NothingInside, SourceMissing, Unbalanced, Unreadable
from gusu.resources.exchange.events import BatchLanded, BatchOpened
from gusu.resources.exchange.models import Batch, BatchState, Exchange

POSITION = "_position"
LONGEST_NAME = 60  # characters; of three bytes each a file name holds 85


@action(may=rules.may_run_exchanges, tells=lambda batch: BatchOpened(batch=batch.pk))
def open_batch(exchange: Exchange, *, by: Actor, source: str = "") -> Batch:
    """Number the next batch of an exchange. `source`: a file delivered by hand; else the exchange's own place."""
    last = exchange.batches.order_by("-number").values_list("number", flat=True).first() or 0
    batch = Batch.objects.create(
        exchange=exchange,
        number=last + 1,
        source=source or str(_usual_place(exchange)),
        salt=secrets.token_hex(16),
        opened_by=by.account,
        opened_at=clock.now(),
    )
    note(batch=str(batch))
    return batch


@step
def receive_batch(batch: Batch, *, by: Actor) -> Callable[[Batch], BatchLanded | None] | None:
    """Land what the source holds: counted and digested there and again in the lake; equal, or refused.

    A source with the bytes of the last batch received is `unchanged` and goes no further.  Bad input refuses the
    batch, with what, where and what to do kept on it, and changes nothing else.
    """
    if batch.state != BatchState.OPENED:
        return None
    try:
        columns = item_names(batch.exchange.resource)
        source = connector(batch.exchange.connector)(Path(batch.source), batch.exchange.settings, columns)
        if source.sha256 == _last_received(batch.exchange):
            return lambda fresh: _close(fresh, BatchState.UNCHANGED, source_sha256=source.sha256)
        return _landed(batch, source, columns)
    except BadInput as refusal:
        said, code = refusal.said, refusal.code
        return lambda fresh: _close(
            fresh, BatchState.REFUSED, refused_code=code, refused_zh=said.zh, refused_en=said.en
        )


def _landed(batch: Batch, source: Source, columns: list[str]) -> Callable[[Batch], BatchLanded]:
    path = files.draft(batch.exchange.resource, f"{batch.number:06d}")
    landed = duck.files([files.address(path)])
    numbered = f"SELECT row_number() OVER () - 1 + {source.position_offset} AS {POSITION}, * FROM {source.relation}"
    try:
        measured, _, stored = duck.run(
            [
                digest.measured(source.relation, columns, batch.salt),
                f"COPY ({numbered}) TO {duck.literal(files.address(path))} (FORMAT parquet, COMPRESSION zstd)",
                digest.measured(landed, columns, batch.salt),
            ]
        )
    except EngineRefused as refusal:
        if refusal.wants_memory:
            raise
        source.diagnose()
        raise Unreadable(place=source.place, kind=refusal.kind, line=refusal.line or "?") from None
    rows, at_source = digest.total(measured)
    _, at_target = digest.total(stored)
    if not rows:
        raise NothingInside(place=source.place)
    if at_source != at_target:
        raise Unbalanced(batch=batch, source=at_source, landed=at_target)
    file = files.written(path)

    def commit(fresh: Batch) -> BatchLanded:
        files.adopt(file, rows=rows)
        measures = {
            "rows": rows,
            "digest_source": at_source,
            "digest_landed": at_target,
            "source_sha256": source.sha256,
        }
        _close(fresh, BatchState.LANDED, landed_at=clock.now(), **measures)
        return BatchLanded(batch=fresh.pk)

    return commit


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


def _usual_place(exchange: Exchange) -> Path:
    folder = pack_folder(exchange.pack)
    if folder is None:
        raise NotFound(kind=Text("内容包", "pack"), key=exchange.pack)
    file = str(exchange.settings.get("file", ""))
    place = inside(folder, file)
    if place is None:
        raise SourceMissing(place=Path(file).name or exchange.code)
    return place


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
