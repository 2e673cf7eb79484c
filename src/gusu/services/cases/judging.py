"""A rule's judgement of one case, out of what the register knows. Pure.

Nothing an applicant typed decides: what the register does not know leaves the case to a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from gusu.kernel.calendar.rules import full_years
from gusu.kernel.text import Text
from gusu.resources.subjects.queries import Fact
from gusu.services.cases.spec import Condition


@dataclass(frozen=True, slots=True)
class Judgement:
    """granted None: the rule cannot tell, because these elements are not known.  reasons: why it is refused."""

    granted: bool | None
    reasons: tuple[Text, ...] = ()
    open: tuple[str, ...] = ()


def judged(conditions: Iterable[Condition], facts: Mapping[str, Fact], *, on: date) -> Judgement:
    held = [(condition, _holds(condition, facts.get(condition.element), on)) for condition in conditions]
    if reasons := tuple(condition.otherwise.text for condition, holds in held if holds is False):
        return Judgement(False, reasons)
    if unclear := tuple(condition.element for condition, holds in held if holds is None):
        return Judgement(None, open=unclear)
    return Judgement(True) if held else Judgement(None)


def _holds(condition: Condition, fact: Fact | None, on: date) -> bool | None:
    if fact is None or fact.state in ("withheld", "unavailable"):
        return None
    if condition.is_unknown:
        return fact.state == "unknown"
    value = fact.value
    if value is None:
        return None
    if condition.is_one_of:
        return value in condition.is_one_of
    if condition.begins_with:
        return value.startswith(tuple(condition.begins_with))
    years = full_years(date.fromisoformat(value), on)
    if condition.years_at_least is not None:
        return years >= condition.years_at_least
    return years < (condition.years_below or 0)
