"""What cases tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class CaseMoved(Event, frozen=True):
    """A case came into a state."""

    name: ClassVar[str] = "cases.case_moved"
    case: str
    state: str
