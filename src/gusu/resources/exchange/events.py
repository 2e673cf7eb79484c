"""What the exchange tells."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class BatchOpened(Event, frozen=True):
    name: ClassVar[str] = "exchange.batch_opened"
    batch: int


class BatchClosed(Event, frozen=True):
    """A batch came to nothing: refused, or nothing new in it."""

    name: ClassVar[str] = "exchange.batch_closed"
    batch: int
    resource: str


class BatchLanded(Event, frozen=True):
    name: ClassVar[str] = "exchange.batch_landed"
    batch: int


class BatchLetGo(Event, frozen=True):
    """A batch is past its retention; what was made of it goes with it."""

    name: ClassVar[str] = "exchange.batch_let_go"
    batch: int
    resource: str


class OutcomeWaiting(Event, frozen=True):
    name: ClassVar[str] = "exchange.outcome_waiting"
    return_code: str


class OutcomesReturned(Event, frozen=True):
    """A delivery came to its end. keys: of the outcomes that now stand in the department's table; refused: of those
    that the table would not take.
    """

    name: ClassVar[str] = "exchange.outcomes_returned"
    return_code: str
    keys: list[str]
    refused: list[str] = []
