"""What organisations tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class OrganisationClosed(Event, frozen=True):
    """It ended, and with it every post in it."""

    name: ClassVar[str] = "organisations.organisation_closed"
    organisation: str
