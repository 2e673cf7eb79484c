"""Linking, fusing and forgetting, in the worker."""

from django.db import transaction

from gusu.kernel.actor import house
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange.events import BatchClosed, BatchLetGo
from gusu.resources.exchange.queries import Batch
from gusu.resources.quality.events import BatchChecked
from gusu.resources.subjects import store
from gusu.resources.subjects.actions import fuse_register, left_by_an_earlier_program, link_batch
from gusu.resources.subjects.erasing import close_erasures, forget_in_all, give_up_links, give_up_undeclared
from gusu.resources.subjects.events import BasePublished, BatchLinked, LinksGivenUp, SubjectErased
from gusu.resources.subjects.models import BaseRegister, LinkedBatch
from gusu.resources.subjects.queries import base_registers, registers_fed_by
from gusu.resources.subjects.spec import spec_of

LINK = "gusu.subjects.link"
FUSE = "gusu.subjects.fuse"
FORGET = "gusu.subjects.forget"


@job(LINK)
def link(batch: int) -> None:
    link_batch(Batch.objects.select_related("exchange").get(pk=batch), by=house("worker"))


@job(FUSE)
def fuse(register: int) -> None:
    it = BaseRegister.objects.get(pk=register)
    if not fuse_register(it, by=house("worker")):
        for batch in left_by_an_earlier_program(it):
            _link_later(batch.pk)


@job(FORGET)
def forget(resource: str) -> None:
    forget_in_all(resource, by=house("worker"))
    close_erasures()


def fuse_later(register: BaseRegister) -> None:
    later(FUSE, once=f"{FUSE}:{register.pk}", register=register.pk)


def look_again() -> None:
    """At a start: the programs may be others than those that made the registers."""
    with transaction.atomic():
        give_up_undeclared()
    for register in base_registers():
        spec = spec_of(register.spec)
        store.create(store.Layout.of(spec, elements(spec.elements)))
        fuse_later(register)


def on_batch_checked(event: BatchChecked) -> None:
    if registers_fed_by(event.resource):
        later(LINK, batch=event.batch)


def on_batch_linked(event: BatchLinked) -> None:
    _fuse_fed_by(event.resource)
    if any(register.erasures.exists() for register, _ in registers_fed_by(event.resource)):
        _forget_later(event.resource)


def on_base_published(event: BasePublished) -> None:
    close_erasures()


def on_subject_erased(event: SubjectErased) -> None:
    _ask_again(BaseRegister.objects.get(pk=event.register))


def on_hour(event: HourPassed) -> None:
    """Whatever stopped them, erasures go on until they are done."""
    for register in base_registers():
        if register.erasures.filter(done_at=None).exists():
            _ask_again(register)


def on_links_given_up(event: LinksGivenUp) -> None:
    _link_later(event.batch)


def on_batch_let_go(event: BatchLetGo) -> None:
    with transaction.atomic():
        for linked in LinkedBatch.objects.filter(batch=event.batch).select_related("register", "batch__exchange"):
            give_up_links(linked.batch, linked.register.code, linked.source)


def on_batch_closed(event: BatchClosed) -> None:
    """A batch that comes to nothing may be the one the others were waiting for."""
    _fuse_fed_by(event.resource)


def _fuse_fed_by(resource: str) -> None:
    for register, _ in registers_fed_by(resource):
        fuse_later(register)


def _link_later(batch: int) -> None:
    later(LINK, once=f"{LINK}:{batch}", batch=batch)


def _forget_later(resource: str) -> None:
    later(FORGET, once=f"{FORGET}:{resource}", resource=resource)


def _ask_again(register: BaseRegister) -> None:
    fuse_later(register)
    for resource in spec_of(register.spec).resources:
        _forget_later(resource)
