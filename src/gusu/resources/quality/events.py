"""What quality tells."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class BatchChecked(Event, frozen=True):
    name: ClassVar[str] = "quality.batch_checked"
    batch: int
    resource: str
