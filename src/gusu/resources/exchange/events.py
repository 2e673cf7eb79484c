"""What the exchange tells."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class BatchOpened(Event, frozen=True):
    name: ClassVar[str] = "exchange.batch_opened"
    batch: int


class BatchLanded(Event, frozen=True):
    name: ClassVar[str] = "exchange.batch_landed"
    batch: int
