"""Receiving, and handing back, in the worker."""

from gusu.kernel.actor import house
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later
from gusu.resources.exchange.actions import (
    deliver_all,
    drop_returned_values,
    let_go,
    open_batch,
    past_retention,
    receive_batch,
    sweep_drops,
)
from gusu.resources.exchange.events import BatchOpened, OutcomesReturned, OutcomeWaiting
from gusu.resources.exchange.models import Batch, BatchState, Return
from gusu.resources.exchange.queries import exchange_of, return_of, returns_past_retention, returns_waiting

RECEIVE = "gusu.exchange.receive"
RETURN = "gusu.exchange.return"
COME_BACK = "gusu.exchange.come_back"


class StillWaiting(ConnectionError):
    """For a department, and why stands on the return; or for a batch under way. The job is tried again."""


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


@job(COME_BACK)
def come_back(exchange: str) -> None:
    """Receive what was handed over; a batch that is being received may have been read before it stood there."""
    found = exchange_of(exchange)
    if found.batches.filter(state=BatchState.OPENED).exists():
        raise StillWaiting(exchange)
    open_batch(found, by=house("worker"))


def hand_back_later(return_code: str) -> None:
    later(RETURN, once=f"{RETURN}:{return_code}", return_code=return_code)


def on_batch_opened(event: BatchOpened) -> None:
    later(RECEIVE, batch=event.batch)


def on_outcome_waiting(event: OutcomeWaiting) -> None:
    hand_back_later(event.return_code)


def on_outcomes_returned(event: OutcomesReturned) -> None:
    road = Return.objects.get(code=event.return_code)
    if event.keys and road.comes_back_by:
        later(COME_BACK, once=f"{COME_BACK}:{road.comes_back_by}", exchange=road.comes_back_by)


def on_hour(event: HourPassed) -> None:
    for old in past_retention():
        let_go(old, by=house("worker"))
    for road in returns_waiting():
        hand_back_later(road.code)
    for road in returns_past_retention():
        drop_returned_values(road, by=house("worker"))
