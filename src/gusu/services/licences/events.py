"""What licences tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class LicenceRevoked(Event, frozen=True):
    """A licence is no longer valid."""

    name: ClassVar[str] = "licences.licence_revoked"
    licence: str
    case: str
