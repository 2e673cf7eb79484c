"""What registers tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class EditionPublished(Event, frozen=True):
    name: ClassVar[str] = "registers.edition_published"
    register: str
    edition: int
