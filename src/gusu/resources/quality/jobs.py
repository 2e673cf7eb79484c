"""Checking, in the worker."""

from gusu.kernel.actor import house
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.events import BatchLanded, BatchLetGo
from gusu.resources.exchange.queries import Batch
from gusu.resources.quality.actions import check_batch, give_up_findings

CHECK = "gusu.quality.check"


@job(CHECK)
def check(batch: int) -> None:
    check_batch(Batch.objects.select_related("exchange").get(pk=batch), by=house("worker"))


def on_batch_landed(event: BatchLanded) -> None:
    later(CHECK, batch=event.batch)


def on_batch_let_go(event: BatchLetGo) -> None:
    give_up_findings(Batch.objects.select_related("exchange").get(pk=event.batch))
