"""Linking a batch to subjects, and fusing what is linked into golden records: two steps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from gusu.kernel import clock, scratch
from gusu.kernel.action import step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.crypto.bulk import DataKey
from gusu.kernel.engine import duck, forms
from gusu.kernel.errors import Busy
from gusu.kernel.lake import files
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange.actions import mark_merged
from gusu.resources.exchange.queries import Batch, BatchState, files_of, is_awaited, standing
from gusu.resources.quality.queries import kept_out_files
from gusu.resources.subjects import linking, secrets, store
from gusu.resources.subjects.edition import Inputs, Making, Publication
from gusu.resources.subjects.erasing import ERASED_WITHIN, erase_subject, erased_from, give_up_links
from gusu.resources.subjects.events import BasePublished, BatchLinked
from gusu.resources.subjects.models import BaseEdition, BaseRegister, DossierKey, Ground, LinkedBatch
from gusu.resources.subjects.queries import newest_edition, registers_fed_by
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, spec_of

__all__ = ["ERASED_WITHIN", "Ground", "erase_subject", "fuse_register", "link_batch"]
LINKABLE = {BatchState.CHECKED, BatchState.MERGED}
PATIENCE = timedelta(minutes=10)  # how long batches on their way keep a register waiting


@dataclass(frozen=True, slots=True)
class Linking:
    """One batch linked by one source of one register, but for the erased; its files wait for their rows."""

    register: BaseRegister
    spec: SubjectsPiece
    source: SourceOf
    erased: list[str]
    rows: int
    linked: int
    parts: int
    links: files.Written
    records: list[files.Written]


@step
def link_batch(batch: Batch, *, by: Actor) -> Callable[[Batch], BatchLinked | None] | None:
    """Say whose each record of a checked batch is, and bring its values into their normal form.

    For every register the batch's resource feeds, and every way the resource speaks of a subject.  Records without a
    recoverable number belong to nobody; they are counted and stay in `landed`.
    """
    if batch.state not in LINKABLE or batch.let_go_at:
        return None
    done = [
        _link(register, spec, source, batch)
        for register, spec in registers_fed_by(batch.exchange.resource)
        for source in spec.sources_in(batch.exchange.resource)
        if not _is_linked(register, spec, source, batch)
    ]
    if not done:
        return None

    def commit(fresh: Batch) -> BatchLinked:
        for one in done:
            _adopt(one, fresh)
        note(batch=str(fresh), linked={one.source.code: one.linked for one in done})
        return BatchLinked(batch=fresh.pk, resource=fresh.exchange.resource)

    return commit


def _is_linked(register: BaseRegister, spec: SubjectsPiece, source: SourceOf, batch: Batch) -> bool:
    done = LinkedBatch.objects.filter(register=register, source=source.code, batch=batch)
    return done.filter(program=linking.program(spec)).exists()


def _link(register: BaseRegister, spec: SubjectsPiece, source: SourceOf, batch: Batch) -> Linking:
    erased, links = erased_from(register), files.draft(spec.dataset(source), batch.folder, "links")
    cut, parts = files.draft_cut(spec.dataset(source), batch.folder, "linked"), linking.parts_for(batch.rows or 0)
    statements = linking.statements(
        spec,
        source,
        {code: element.form for code, element in elements(spec.elements).items()},
        files_of(batch),
        kept_out_files(batch),
        erased,
        links=files.address(links),
        linked=cut,
        parts=parts,
        subject=secrets.subject(spec, "number"),
    )
    answers = duck.run([*forms.prelude(), *statements], secrets=secrets.values(spec))
    [[rows, linked]], [[_, written]] = answers[-2:]
    return Linking(
        register, spec, source, erased, rows, linked, parts, files.written(links), files.written_cut(written)
    )


def _adopt(done: Linking, batch: Batch) -> None:
    """In place of what an earlier program made of the batch.  Busy: somebody was erased meanwhile, or it let go."""
    if erased_from(done.register) != done.erased or batch.let_go_at:
        raise Busy(what=done.register.code)
    give_up_links(batch, done.spec.code, done.source.code)
    files.adopt(done.links, rows=done.rows)
    for file in done.records:
        files.adopt(file, rows=done.linked)
    LinkedBatch.objects.create(
        register=done.register,
        batch=batch,
        source=done.source.code,
        rows=done.rows,
        linked=done.linked,
        parts=done.parts,
        program=linking.program(done.spec),
        erasure=done.register.erasures.order_by("-pk").values_list("pk", flat=True).first() or 0,
        at=clock.now(),
    )


@step
def fuse_register(register: BaseRegister, *, by: Actor) -> Callable[[BaseRegister], BasePublished | None] | None:
    """Publish the next edition of the golden records from what has been linked.

    Nothing to do when nothing is new, or while batches that feed the register are on their way: the end of each asks
    again.
    """
    inputs = _inputs(register)
    if not inputs.are_new or not inputs.are_linked or is_awaited(inputs.spec.resources, patience=PATIENCE):
        return None
    layout = store.Layout.of(inputs.spec, elements(inputs.spec.elements))
    number = inputs.newest.number + 1 if inputs.newest else 1
    making = Making(inputs, layout, number, _next_key(), DataKey.fresh(), scratch.for_the_step("edition"))
    publication = making.publication()
    return lambda fresh: _publish(fresh, making, publication)


def left_by_an_earlier_program(register: BaseRegister) -> list[Batch]:
    """Batches in force that were linked once, but not as they would be today, or whose links were given up."""
    inputs = _inputs(register)
    linked = {batch for _, batch in inputs.linked}
    once = set(LinkedBatch.objects.filter(register=register).values_list("batch_id", flat=True))
    arrived = [batch for found in inputs.batches.values() for batch in found]
    taken_in = [batch for batch in arrived if batch.state == BatchState.MERGED or batch.pk in once]
    return [batch for batch in taken_in if batch.pk not in linked]


def _inputs(register: BaseRegister) -> Inputs:
    spec = spec_of(register.spec)
    batches = {resource: standing(resource) for resource in spec.resources}
    arrived = [batch.pk for found in batches.values() for batch in found]
    linked = LinkedBatch.objects.filter(register=register, batch__in=arrived, program=linking.program(spec))
    by_source = {(one.source, one.batch_id): one for one in linked}
    return Inputs(register, spec, batches, by_source, newest_edition(register.code), erased_from(register))


def _publish(register: BaseRegister, making: Making, publication: Publication) -> BasePublished | None:
    newest = newest_edition(register.code)
    if newest != making.inputs.newest:
        return None
    if not making.inputs.stand():
        raise Busy(what=register.code)
    added, changed, removed = publication.put()
    DossierKey.objects.create(pk=making.key, register=register, wrapped=making.data_key.wrapped, at=clock.now())
    edition = BaseEdition.objects.create(
        register=register,
        number=making.edition,
        inputs=making.inputs.named,
        spec=register.spec,
        rebuilt=publication.rebuilt,
        subjects=publication.measure.rows,
        added=added,
        changed=changed,
        removed=removed,
        digest=str(publication.measure),
        doubts=publication.doubts,
        sources=[source.code for source in making.spec.sources if making.inputs.batches[source.resource]],
        at=clock.now(),
    )
    arrived = [batch.pk for found in making.inputs.batches.values() for batch in found]
    mark_merged(list(Batch.objects.select_for_update().filter(pk__in=arrived, state=BatchState.CHECKED).order_by("pk")))
    note(edition=edition.number, rebuilt=edition.rebuilt, added=added, changed=changed, removed=removed)
    return BasePublished(register=register.code, edition=edition.number)


def _next_key() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [DossierKey._meta.db_table])
        [(key,)] = cursor.fetchall()
    return int(key)
