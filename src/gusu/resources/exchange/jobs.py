"""Receiving, in the worker."""

from gusu.kernel.actor import house
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.actions import let_go, past_retention, receive_batch, sweep_drops
from gusu.resources.exchange.events import BatchOpened
from gusu.resources.exchange.models import Batch

RECEIVE = "gusu.exchange.receive"


@job(RECEIVE)
def receive(batch: int) -> None:
    receive_batch(Batch.objects.select_related("exchange").get(pk=batch), by=house("worker"))
    sweep_drops()


def on_batch_opened(event: BatchOpened) -> None:
    later(RECEIVE, batch=event.batch)


def on_hour(event: HourPassed) -> None:
    for old in past_retention():
        let_go(old, by=house("worker"))
