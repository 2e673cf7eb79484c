"""What base registers tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class BatchLinked(Event, frozen=True):
    name: ClassVar[str] = "subjects.batch_linked"
    batch: int
    resource: str


class BasePublished(Event, frozen=True):
    name: ClassVar[str] = "subjects.base_published"
    register: str
    edition: int
