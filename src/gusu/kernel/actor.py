"""Who acts. Passed to every verb as `by`, never ambient."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the house, with what they may do at this moment.

    account: account id, or the name of a part of the house ("worker", "command-line").
    subject: the opaque subject the account is bound to after the real-name check, or "".
    assurance: 0 anonymous, 1 password, 2 password and one-time code, 3 real name checked.
    """

    account: str
    name: str = ""
    organisation: str = ""
    permissions: frozenset[str] = frozenset()
    subject: str = ""
    assurance: int = 0
    house: bool = False

    def can(self, permission: str) -> bool:
        """Whether a role gives this permission; the house itself may do everything its own steps do."""
        return self.house or permission in self.permissions

    @property
    def is_anonymous(self) -> bool:
        return not self.account


ANONYMOUS = Actor(account="")


def house(part: str) -> Actor:
    """The platform acting by itself: the worker, the command line on the server, a pack being applied."""
    return Actor(account=part, name=part, house=True)
