"""What the engine is told of the city's keys while it works on a register: a key for subject ids, one a blind index."""

from uuid import UUID

from gusu.kernel.crypto import blind, keys
from gusu.kernel.engine.duck import name
from gusu.resources.subjects.spec import SubjectsPiece, column


def values(spec: SubjectsPiece) -> dict[str, bytes]:
    """For a program with `subject` or `indexed` in it."""
    known = blind.secrets(_subject_context(spec))
    for element in spec.find_by:
        known |= blind.secrets(_index_context(spec, element))
    return known


def subject(spec: SubjectsPiece, number: str) -> str:
    """SQL for the id of the subject whose number (an SQL expression, in its normal form) this is."""
    return blind.subject_expression(number, _subject_context(spec))


def subject_of(spec: SubjectsPiece, number: str) -> UUID:
    """The same for one number."""
    return blind.subject(number, _subject_context(spec))


def indexed(spec: SubjectsPiece, element: str) -> str:
    """SQL for the blind index of an element, out of its column."""
    return blind.subject_expression(name(column(element)), _index_context(spec, element))


def index_of(spec: SubjectsPiece, element: str, value: str) -> UUID:
    """The same for one value."""
    return blind.subject(value, _index_context(spec, element))


def salt(spec: SubjectsPiece) -> str:
    """Of the register's digests: the city's own, so that a published digest betrays no enumerable value."""
    return keys.derived(f"digest/{spec.table}", keys.versions()[0]).hex()


def _subject_context(spec: SubjectsPiece) -> str:
    return f"{spec.code}/subject"


def _index_context(spec: SubjectsPiece, element: str) -> str:
    return f"{spec.code}/{element}"
