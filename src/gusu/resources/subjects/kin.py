"""Who somebody is, and for whom they may act: what a register can vouch for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gusu.kernel import clock
from gusu.kernel.calendar.rules import full_years
from gusu.resources.subjects.facts import Fact
from gusu.resources.subjects.spec import Guardians


@dataclass(frozen=True, slots=True)
class Member:
    """What the register says of one member of a household. None: it does not say."""

    relation: str | None
    born: date | None

    @classmethod
    def of(cls, rule: Guardians, facts: Mapping[str, Fact]) -> "Member":
        born = facts[rule.born].value
        return cls(facts[rule.relation].value, date.fromisoformat(born) if born else None)

    def is_of_age(self, rule: Guardians) -> bool | None:
        """Whether of age today; None where nobody knows."""
        if self.born is None:
            return None
        return full_years(self.born, clock.today()) >= rule.of_age

    def may_act(self, rule: Guardians) -> bool:
        return self.relation in rule.guardians and self.is_of_age(rule) is True

    def is_ward(self, rule: Guardians) -> bool:
        return self.relation in rule.wards and self.is_of_age(rule) is False
