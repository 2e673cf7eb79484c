"""What leaves a landed batch again - the records of somebody who is forgotten, all of it past its retention - and how
its receipt stays true: what the digests lost is kept beside them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gusu.kernel import clock
from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.crypto import envelope
from gusu.kernel.engine import digest, duck
from gusu.kernel.engine.digest import Measure
from gusu.kernel.lake import files
from gusu.resources.catalogue.queries import entries
from gusu.resources.exchange import rules
from gusu.resources.exchange.events import BatchLetGo
from gusu.resources.exchange.landing import POSITION, chunk_of
from gusu.resources.exchange.models import Batch, Chunk
from gusu.resources.exchange.queries import HAS_PASSED, files_of, standing


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A landed batch drafted again with less in it. read: what it was made of; lost: chunk number → what it lost."""

    read: list[str]
    file: files.Written
    lost: Mapping[int, Measure]


def take_out(
    batch: Batch, records: Collection[int], items: Mapping[str, Collection[int]], *, but: str = ""
) -> TakenOut:
    """Draft a landed batch without these records (positions) and with these items emptied (item → positions).

    but: an item that stays, so that the records do, as nobody's; "" where none does, and they go.
    """
    read, draft = files_of(batch), files.draft(batch.exchange.resource, batch.folder)
    old, new = duck.files(read), duck.files([files.address(draft)])
    columns = _columns(old)
    if but:
        items = {column: {*records, *items.get(column, ())} for column in columns if column != but}
        records = ()
    touched = _among({*records, *(position for positions in items.values() for position in positions)})
    emptied = ", ".join(
        f"CASE WHEN NOT {_among(positions)} THEN {duck.name(item)} END AS {duck.name(item)}"
        for item, positions in items.items()
    )
    answers = duck.run(
        [
            digest.measured(f"(SELECT * FROM {old} WHERE {touched})", columns, batch.salt, cut=chunk_of()),
            f"COPY (SELECT *{f' REPLACE ({emptied})' if emptied else ''} FROM {old} WHERE NOT {_among(records)}) "
            f"TO {duck.literal(files.address(draft))} ({duck.parquet(draft)})",
            digest.measured(f"(SELECT * FROM {new} WHERE {touched})", columns, batch.salt, cut=chunk_of()),
        ]
    )
    before, after = digest.measures(answers[0]), digest.measures(answers[2])
    lost = {chunk: measure - after.get(chunk, Measure()) for chunk, measure in before.items()}
    return TakenOut(read, files.written(draft), lost)


def replace_landed(batch: Batch, taken: TakenOut) -> None:
    """Inside a commit: from now on the batch is what was drafted.  Busy: its file has been replaced meanwhile."""
    files.retire(taken.read)
    left = (batch.rows or 0) - sum(lost.rows for lost in map(_taken_out, batch.chunks.all()))
    files.adopt(taken.file, rows=left - sum(lost.rows for lost in taken.lost.values()))
    for chunk in batch.chunks.filter(number__in=list(taken.lost)):
        lost = str(_taken_out(chunk) + taken.lost[chunk.number])
        chunk.taken_out = envelope.close(lost, context=_context(chunk))
        chunk.save(update_fields=["taken_out"])


def chunks_that_differ(batch: Batch) -> list[int]:
    """Numbers (from 1) of the chunks whose landed rows, with what was taken out since, are not what was received."""
    landed = duck.files(files_of(batch))
    [measured] = duck.run([digest.measured(landed, _columns(landed), batch.salt, cut=chunk_of())])
    found, chunks = digest.measures(measured), list(batch.chunks.all())
    told = {chunk.number: Measure.read(chunk.digest_source) - _taken_out(chunk) for chunk in chunks}
    numbers = {*found, *told}
    return sorted(1 + one for one in numbers if found.get(one, Measure()) != told.get(one, Measure()))


@action(may=rules.is_the_house, tells=lambda batch: BatchLetGo(batch=batch.pk, resource=batch.exchange.resource))
def let_go(batch: Batch, *, by: Actor) -> Batch:
    """Past its retention: its files exist no more, its receipt stays. Nothing happens when something stands on it."""
    if batch.let_go_at or batch.pk in {one.pk for one in standing(batch.exchange.resource)}:
        return batch
    files.retire(files_of(batch))
    batch.let_go_at = clock.now()
    batch.save(update_fields=["let_go_at"])
    note(batch=str(batch))
    return batch


def past_retention() -> list[Batch]:
    """Batches whose resource says how long they are kept, that have been kept longer and that nothing stands on."""
    found: list[Batch] = []
    for entry in entries().filter(retention_days__gt=0):
        needed = [batch.pk for batch in standing(entry.resource)]
        old = Batch.objects.select_related("exchange").filter(exchange__resource=entry.resource, let_go_at=None)
        limit = clock.now() - timedelta(days=entry.retention_days)
        found += old.filter(state__in=HAS_PASSED, landed_at__lt=limit).exclude(pk__in=needed).order_by("pk")
    return found


def _columns(landed: str) -> list[str]:
    """A landed file's items as they stood in the contract when it was measured."""
    [described] = duck.run([f"DESCRIBE SELECT * EXCLUDE ({POSITION}) FROM {landed}"])
    return [column for column, *_ in described]


def _taken_out(chunk: Chunk) -> Measure:
    return Measure.read(envelope.open_(chunk.taken_out, context=_context(chunk))) if chunk.taken_out else Measure()


def _context(chunk: Chunk) -> str:
    """Closed, because of one record it is the record's own hash, and whoever knows the rest could try what is left."""
    return f"taken-out/{chunk.batch_id}/{chunk.number}"


def _among(positions: Collection[int]) -> str:
    return f"({POSITION} IN ({', '.join(map(str, sorted(positions)))}))" if positions else "false"
