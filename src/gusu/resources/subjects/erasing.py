"""Forgetting a subject (个人信息保护法第四十七条): hidden at once, out of the register with its next edition, out of
every file of the lake within ERASED_WITHIN; and again out of whatever a department sends about them later.

A record with a number of its own in its system loses everything but that and stays as nobody's, so that what it had
replaced stays replaced; what it said before, under another's number, goes with it.  One that tells of others too, as
that of a marriage does, loses the items that tell of this subject alone.  Records whose number cannot be recovered name
nobody, so they are not found here.  The trail and the erasure itself keep the subject's id, a keyed hash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gusu.kernel import clock, ids
from gusu.kernel.action import action, step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.engine import duck, forms
from gusu.kernel.errors import NotFound
from gusu.kernel.lake import files
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange.actions import TakenOut, replace_landed, take_out
from gusu.resources.exchange.queries import Batch, BatchState, files_of, landed_batches
from gusu.resources.subjects import linking, secrets
from gusu.resources.subjects.events import LinksGivenUp, SubjectErased
from gusu.resources.subjects.models import BaseRegister, Cleansed, Erasure, Ground, LinkedBatch
from gusu.resources.subjects.queries import KIND, base_registers, newest_edition, registers_fed_by
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, dataset_of, spec_of

ERASED_WITHIN = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a batch tells of the forgotten, by one source of one register. moved: also under another's number."""

    spec: SubjectsPiece
    source: SourceOf
    erased: Sequence[str]
    positions: Sequence[int]
    moved: bool


def may_erase(by: Actor, _register: BaseRegister) -> bool:
    return by.can("subjects.erase")


@action(may=may_erase, tells=lambda erasure: SubjectErased(register=erasure.register_id))
def erase_subject(register: BaseRegister, *, by: Actor, subject: str, ground: str) -> Erasure:
    """Forget one subject, for good: from now on nobody is told anything of them.  NotFound: no such ground or id.

    Asked twice it is the same erasure.  It cannot be undone: what a department says later is forgotten too.
    """
    if ground not in Ground.values:
        raise NotFound(kind=Text("删除情形", "ground for erasure"), key=ground)
    now = clock.now()
    erasure, is_new = Erasure.objects.get_or_create(
        register=register,
        subject=ids.read(KIND, subject),
        defaults={"ground": ground, "at": now, "due_at": now + ERASED_WITHIN},
    )
    note(register=register.code, subject=subject, ground=erasure.ground, again=not is_new)
    return erasure


@step
def forget_in(batch: Batch, *, by: Actor) -> Callable[[Batch], LinksGivenUp | None] | None:
    """Write the batch's files again without the forgotten; its receipt still verifies by what is kept beside it.

    Not before it is checked: to the rules an emptied record would be a fault of the department's.
    """
    if batch.state == BatchState.LANDED:
        return None
    registers = [register for register, _ in registers_fed_by(batch.exchange.resource)]
    last = Erasure.objects.filter(register__in=registers).order_by("-pk").first()
    if last is None or not files_of(batch) or Cleansed.objects.filter(batch=batch, erasure__pk__gte=last.pk).exists():
        return None
    found = [one for one in _found(batch) if one.positions]
    taken = _taken_out(batch, found) if found else None

    def commit(fresh: Batch) -> LinksGivenUp | None:
        Cleansed.objects.update_or_create(batch=fresh, defaults={"erasure": last})
        note(batch=str(fresh), erasures=last.pk, records=sum(len(one.positions) for one in found))
        if taken is None:
            return None
        replace_landed(fresh, taken)
        given_up = [
            give_up_links(fresh, one.spec.code, one.source.code, knew_less_than=None if one.moved else last.pk)
            for one in found
        ]
        return LinksGivenUp(batch=fresh.pk) if any(given_up) else None

    return commit


def forget_in_all(resource: str, *, by: Actor) -> None:
    """Every batch the lake has of a resource, oldest first: of a record that became theirs the earlier words go too."""
    for batch in landed_batches([resource]):
        forget_in(batch, by=by)


def give_up_links(batch: Batch, register: str, source: str, *, knew_less_than: int | None = None) -> bool:
    """Inside a commit: what was linked is to be linked anew, if at all; answers whether anything was.

    knew_less_than: only what was linked before this erasure.
    """
    linked = LinkedBatch.objects.filter(register__code=register, batch=batch, source=source)
    if knew_less_than is not None:
        linked = linked.filter(erasure__lt=knew_less_than)
    if not linked.delete()[0]:
        return False
    for layer in ("links", "linked"):
        files.retire(files.paths(dataset_of(register, source), batch.folder, layer))
    return True


def give_up_undeclared() -> None:
    """Inside a commit: links of sources and registers that no pack declares any more."""
    declared = {
        (register.code, source.code) for register in base_registers() for source in spec_of(register.spec).sources
    }
    for linked in LinkedBatch.objects.select_related("register", "batch__exchange"):
        if (linked.register.code, linked.source) not in declared:
            give_up_links(linked.batch, linked.register.code, linked.source)


def close_erasures() -> None:
    """Erasures that no batch still has to be cleansed of and that the register's newest edition knows are done."""
    for erasure in Erasure.objects.filter(done_at=None).select_related("register"):
        batches = landed_batches(spec_of(erasure.register.spec).resources)
        cleansed = Cleansed.objects.filter(erasure__pk__gte=erasure.pk).values("batch")
        place = erasure.register.erasures.filter(pk__lte=erasure.pk).count()
        edition = newest_edition(erasure.register.code)
        is_known = edition is None or f"erasure {place}" in edition.inputs
        if is_known and not batches.exclude(pk__in=cleansed).exists():
            Erasure.objects.filter(pk=erasure.pk, done_at=None).update(done_at=clock.now())


def erased_from(register: BaseRegister) -> list[str]:
    """The subjects to be forgotten, by their ids as the lake writes them, in the order they were erased."""
    return [str(one) for one in register.erasures.order_by("pk").values_list("subject", flat=True)]


def _found(batch: Batch) -> list[Found]:
    asked = [
        (spec, source, erased)
        for register, spec in registers_fed_by(batch.exchange.resource)
        if (erased := erased_from(register))
        for source in spec.sources_in(batch.exchange.resource)
    ]
    landed = duck.files(files_of(batch))
    known = {label: value for spec, _, _ in asked for label, value in secrets.values(spec).items()}
    answers = duck.run([*forms.prelude(), *(_who(batch, landed, *one) for one in asked)], secrets=known)
    rows = answers[len(answers) - len(asked) :]
    return [
        Found(*one, [position for position, _ in each], not all(direct for _, direct in each))
        for one, each in zip(asked, rows, strict=True)
    ]


def _who(batch: Batch, landed: str, spec: SubjectsPiece, source: SourceOf, erased: Sequence[str]) -> str:
    """SQL of (position, whether its number is theirs): their records, and what one that became theirs said before."""
    form = elements([spec.number])[spec.number].form
    number = forms.normal(form, duck.name(source.items[spec.number]))
    direct = linking.among(secrets.subject(spec, number), erased)
    later = [
        path
        for one in landed_batches([batch.exchange.resource]).filter(pk__gt=batch.pk)
        for path in files.paths(spec.dataset(source), one.folder, "links")
    ]
    became = "false"
    if later and source.record:
        theirs = f"SELECT record FROM {duck.files(later)} WHERE {linking.among('subject', erased)}"
        became = f"{forms.normal('', duck.name(source.record))} IN ({theirs})"
    return f"SELECT _position, coalesce({direct}, false) FROM {landed} WHERE {direct} OR {became} ORDER BY 1"


def _taken_out(batch: Batch, found: Sequence[Found]) -> TakenOut:
    """Whole records but for their own numbers; of records that tell of others too, what tells of this subject alone."""
    records: set[int] = set()
    items: dict[str, set[int]] = {}
    for one in found:
        others = [other for other in one.spec.sources_in(batch.exchange.resource) if other != one.source]
        shared = {item for other in others for item in other.named_items}
        for item in set(one.source.named_items) - shared if others else ():
            items.setdefault(item, set()).update(one.positions)
        if not others:
            records.update(one.positions)
    [but, *more] = {one.source.record for one in found}
    return take_out(batch, records, items, but="" if more else but)
