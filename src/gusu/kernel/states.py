"""A noun's states as one table; nothing else may move it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from django.db import models

from gusu.kernel.errors import IllegalMove, noun

Transitions = Mapping[Any, AbstractSet[Any]]


def move(thing: models.Model, to: Any, *, along: Transitions, field: str = "state") -> None:
    """Put `thing` into state `to` if the table allows it (not saved: the caller's action does that); else
    IllegalMove.
    """
    state = getattr(thing, field)
    if to not in along.get(state, frozenset()):
        raise IllegalMove(noun=noun(thing), state=state, to=to)
    setattr(thing, field, to)
