"""How a licence's state may change, and who may change it."""

from datetime import timedelta

from gusu.identity.limits.actions import Limit
from gusu.kernel.actor import Actor
from gusu.services.licences.models import Licence, State

ALLOWED: dict[State, frozenset[State]] = {
    State.VALID: frozenset({State.SUSPENDED, State.REVOKED, State.CANCELLED, State.STRUCK_OFF, State.LAPSED}),
    State.SUSPENDED: frozenset({State.VALID, State.REVOKED, State.CANCELLED, State.STRUCK_OFF, State.LAPSED}),
}
GROUNDS = {  # why a licence is taken back: state by ground (行政许可法 art. 69, 70)
    "wrongly_issued": State.REVOKED,
    "obtained_by_deceit": State.REVOKED,
    "holder_died": State.CANCELLED,
    "given_up": State.CANCELLED,
    "conditions_ended": State.CANCELLED,
    "penalty": State.STRUCK_OFF,
}
BY_HAND = Limit("licence-by-hand", most=20, window=timedelta(minutes=15))  # of one identifier; its number is by chance


def may_keep(by: Actor, _: object) -> bool:
    return by.house


def may_revoke(by: Actor, licence: Licence) -> bool:
    """An official of the body that issued it (checked against its declaration in the action)."""
    return by.can("licences.revoke") and by.subject != licence.holder


def is_the_house(by: Actor, _: object) -> bool:
    return by.house
