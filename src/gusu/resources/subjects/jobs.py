"""Linking and fusing, in the worker."""

from gusu.kernel.actor import house
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.events import BatchClosed
from gusu.resources.exchange.queries import Batch
from gusu.resources.quality.events import BatchChecked
from gusu.resources.subjects.actions import fuse_register, link_batch
from gusu.resources.subjects.events import BatchLinked
from gusu.resources.subjects.models import BaseRegister
from gusu.resources.subjects.queries import registers_fed_by

LINK = "gusu.subjects.link"
FUSE = "gusu.subjects.fuse"


@job(LINK)
def link(batch: int) -> None:
    link_batch(Batch.objects.select_related("exchange").get(pk=batch), by=house("worker"))


@job(FUSE)
def fuse(register: int) -> None:
    fuse_register(BaseRegister.objects.get(pk=register), by=house("worker"))


def on_batch_checked(event: BatchChecked) -> None:
    if registers_fed_by(event.resource):
        later(LINK, batch=event.batch)


def on_batch_linked(event: BatchLinked) -> None:
    _fuse_later(event.resource)


def on_batch_closed(event: BatchClosed) -> None:
    """A batch that comes to nothing may be the one the others were waiting for."""
    _fuse_later(event.resource)


def _fuse_later(resource: str) -> None:
    for register, _spec in registers_fed_by(resource):
        later(FUSE, once=f"{FUSE}:{register.pk}", register=register.pk)
