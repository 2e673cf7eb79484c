"""What people and officials wrote, closed: each value opens only as this field of this objection."""

from dataclasses import dataclass

from gusu.kernel.crypto import envelope
from gusu.resources.objections.models import Objection

FIELDS = ("objected", "right", "reason", "answer")


@dataclass(frozen=True, slots=True)
class Words:
    """The open values of one objection: what stands, what would be right, why, and the answer; "" what is not there."""

    objected: str
    right: str
    reason: str
    answer: str


def seal(objection: Objection, **values: str) -> None:
    """Put open values, by field, into an objection (not saved)."""
    for field, value in values.items():
        setattr(objection, field, envelope.close(value, context=_context(objection, field)))


def opened(objection: Objection) -> Words:
    return Words(**{field: _opened(objection, field) for field in FIELDS})


def _opened(objection: Objection, field: str) -> str:
    closed = getattr(objection, field)
    return envelope.open_(closed, context=_context(objection, field)) if closed else ""


def _context(objection: Objection, field: str) -> str:
    return f"objection/{objection.pk}/{field}"
