"""Who may exchange; the states of a batch, and of an outcome on its way back."""

from typing import Any

from gusu.kernel.actor import Actor
from gusu.kernel.states import Transitions
from gusu.resources.exchange.models import BatchState, OutcomeState

ALLOWED: Transitions = {
    BatchState.OPENED: {BatchState.LANDED, BatchState.UNCHANGED, BatchState.REFUSED},
    BatchState.LANDED: {BatchState.CHECKED},
    BatchState.CHECKED: {BatchState.MERGED},
    BatchState.MERGED: set(),
    BatchState.UNCHANGED: set(),
    BatchState.REFUSED: set(),
}
WAY_BACK: Transitions = {
    OutcomeState.WAITING: {OutcomeState.RETURNED, OutcomeState.REFUSED},
    OutcomeState.REFUSED: {OutcomeState.WAITING},
    OutcomeState.RETURNED: set(),
}
RECEIVED = {BatchState.LANDED, BatchState.UNCHANGED, BatchState.REFUSED}  # the source has served


def may_run_exchanges(by: Actor, _exchange: Any) -> bool:
    return by.can("exchange.run")


def is_the_house(by: Actor, _subject: Any) -> bool:
    return by.house
