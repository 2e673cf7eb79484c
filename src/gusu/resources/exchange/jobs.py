"""Receiving, and handing back, in the worker."""

from gusu.kernel.actor import house
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.actions import (
    deliver_all,
    drop_returned_values,
    let_go,
    past_retention,
    receive_batch,
    sweep_drops,
)
from gusu.resources.exchange.events import BatchOpened, OutcomeWaiting
from gusu.resources.exchange.models import Batch
from gusu.resources.exchange.queries import return_of, returns_past_retention, returns_waiting

RECEIVE = "gusu.exchange.receive"
RETURN = "gusu.exchange.return"


class StillWaiting(ConnectionError):
    """Outcomes wait for a department; the job is tried again, and why stands on the return."""


@job(RECEIVE)
def receive(batch: int) -> None:
    receive_batch(Batch.objects.select_related("exchange").get(pk=batch), by=house("worker"))
    sweep_drops()


@job(RETURN)
def hand_back(return_code: str) -> None:
    road = return_of(return_code)
    if not deliver_all(road, by=house("worker")):
        road.refresh_from_db()
        raise StillWaiting(f"{road.code}: {road.trouble_code}")


def hand_back_later(return_code: str) -> None:
    later(RETURN, once=f"{RETURN}:{return_code}", return_code=return_code)


def on_batch_opened(event: BatchOpened) -> None:
    later(RECEIVE, batch=event.batch)


def on_outcome_waiting(event: OutcomeWaiting) -> None:
    hand_back_later(event.return_code)


def on_hour(event: HourPassed) -> None:
    for old in past_retention():
        let_go(old, by=house("worker"))
    for road in returns_waiting():
        hand_back_later(road.code)
    for road in returns_past_retention():
        drop_returned_values(road, by=house("worker"))
