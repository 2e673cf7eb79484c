"""Forgetting a subject (个人信息保护法第四十七条): hidden at once, out of the register with its next edition, out of
every file of the lake within ERASED_WITHIN; and again out of whatever a department sends about them later.

A record that tells of others too, as that of a marriage does, loses the items that tell of this subject alone.  Records
whose number cannot be recovered name nobody, so they are not found here.  The trail and the erasure itself keep the
subject's id, a keyed hash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from gusu.resources.exchange.queries import Batch, files_of, landed_batches
from gusu.resources.subjects import linking, secrets
from gusu.resources.subjects.events import LinksGivenUp, SubjectErased
from gusu.resources.subjects.models import BaseRegister, Cleansed, Erasure, Ground, LinkedBatch
from gusu.resources.subjects.queries import KIND, registers_fed_by
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, spec_of

ERASED_WITHIN = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a batch tells of the forgotten, by one source of one register."""

    spec: SubjectsPiece
    source: SourceOf
    erased: Sequence[str]
    positions: Sequence[int]


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
    """Write the batch's files again without the forgotten; its receipt still verifies by what is kept beside it."""
    registers = [register for register, _ in registers_fed_by(batch.exchange.resource)]
    last = Erasure.objects.filter(register__in=registers).order_by("-pk").first()
    if last is None or not files_of(batch) or Cleansed.objects.filter(batch=batch, erasure__pk__gte=last.pk).exists():
        return None
    found = [one for one in _found(batch) if one.positions]
    taken = _taken_out(batch, found) if found else None

    def commit(fresh: Batch) -> LinksGivenUp | None:
        Cleansed.objects.update_or_create(batch=fresh, defaults={"erasure": last})
        _finish(last)
        note(batch=str(fresh), erasures=last.pk, records=sum(len(one.positions) for one in found))
        if taken is None:
            return None
        replace_landed(fresh, taken)
        given_up = [give_up_links(fresh, one.spec, one.source, before=last.at) for one in found]
        return LinksGivenUp(batch=fresh.pk) if any(given_up) else None

    return commit


def give_up_links(batch: Batch, spec: SubjectsPiece, source: SourceOf, *, before: datetime) -> bool:
    """Inside a commit: what was linked before this moment is to be linked anew; answers whether anything was."""
    linked = LinkedBatch.objects.filter(register__code=spec.code, batch=batch, source=source.code, at__lt=before)
    if not linked.delete()[0]:
        return False
    for layer in ("links", "linked"):
        files.retire(files.paths(spec.dataset(source), batch.folder, layer))
    return True


def _finish(last: Erasure) -> None:
    """Close the erasures that no batch still has to be cleansed of."""
    for erasure in Erasure.objects.filter(done_at=None, pk__lte=last.pk).select_related("register"):
        batches = landed_batches(spec_of(erasure.register.spec).resources)
        cleansed = Cleansed.objects.filter(erasure__pk__gte=erasure.pk).values("batch")
        if not batches.exclude(pk__in=cleansed).exists():
            erasure.done_at = clock.now()
            erasure.save(update_fields=["done_at"])


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
    answers = duck.run([*forms.prelude(), *(_who(landed, *one) for one in asked)], secrets=known)
    rows = answers[len(answers) - len(asked) :]
    return [Found(*one, [position for (position,) in each]) for one, each in zip(asked, rows, strict=True)]


def _who(landed: str, spec: SubjectsPiece, source: SourceOf, erased: Sequence[str]) -> str:
    form = elements([spec.number])[spec.number].form
    number = forms.normal(form, duck.name(source.items[spec.number]))
    return f"SELECT _position FROM {landed} WHERE {linking.among(secrets.subject(spec, number), erased)} ORDER BY 1"


def _taken_out(batch: Batch, found: Sequence[Found]) -> TakenOut:
    """Whole records; of records that tell of others too, the items that tell of this subject alone."""
    records: set[int] = set()
    items: dict[str, set[int]] = {}
    for one in found:
        others = [other for other in one.spec.sources_in(batch.exchange.resource) if other != one.source]
        shared = {item for other in others for item in other.named_items}
        for item in set(one.source.named_items) - shared if others else ():
            items.setdefault(item, set()).update(one.positions)
        if not others:
            records.update(one.positions)
    return take_out(batch, records, items)
