"""What accounts tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class AccountClosed(Event, frozen=True):
    """Somebody no longer acts here: what they had in hand is for others. Told once or more."""

    name: ClassVar[str] = "accounts.account_closed"
    account: str
