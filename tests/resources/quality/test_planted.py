"""The demo city's planted defects, class by class: what the rules of the population pack find of them, and what they
say of records nothing is wrong with.

Everything is real: four departments' systems are built, received by their connectors, checked by the pack's rules, and
what is in the lake is compared with the truth beside the systems.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.departments import departments
from tests.resources.road import BY, check

from gusu.demo.departments.build import departments_folder
from gusu.demo.departments.defects import CLASSES, UNDETECTABLE
from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import files, literal
from gusu.kernel.lake import files as lake
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.models import Exchange
from gusu.site.wiring import PACK_ROOMS

PEOPLE = 20_000
ORDER = [
    "divisions",
    "division_changes",
    "deaths",
    "police_residents",
    "insured_persons",
    "elderly",
    "marriages",
    "health_records",
]
FOUND_BY = {
    "wrong_check_digit": ["*.number"],
    "fifteen_digits": ["*.fifteen_digits"],
    "old_division": ["*.division_in_force"],
    "date_form": ["*_form"],
    "full_width": ["*.plain"],
    "name_blanks": ["*.form"],
    "swapped": ["*.number", "*.looks", "*.address_looks"],
    "duplicate": ["*.person_once", "*.told_once"],
    "missing": ["*.required", "*.name_there", "*.his_name_there"],
    "dead_and_alive": ["*.not_dead"],
    "wrong_sex": ["*.sex_agrees"],
    "wrong_birth": ["*.birth_agrees"],
}
BY_NO_RULE = {"conflicting_address", *UNDETECTABLE}  # two sources differ, or nothing does: see docs/packs/population.md


@dataclass(frozen=True)
class Tally:
    """planted records of a class, those of them found by its rules, and sound records that those rules accuse."""

    planted: int
    found: int
    false: int
    sound: int


@pytest.fixture
def received(committed: None) -> Iterator[None]:
    """The pack's city with everything received and checked."""
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE):
        for code in ORDER:
            batch = open_batch(Exchange.objects.get(code=code), by=BY)
            receive_batch(batch, by=BY)
            batch.refresh_from_db()
            assert (batch.state, batch.refused_zh) == ("landed", "")
            assert not check(batch).checked.alarm
        yield


def tallies() -> dict[str, Tally]:
    """By class; a duplicate's first record is as sound as any other."""
    truth = f"read_parquet({literal(str(departments_folder() / 'truth' / 'records.parquet'))})"
    findings = " UNION ALL ".join(
        f"SELECT '{resource}' AS resource, _position AS position, rule "
        f"FROM {files(lake.paths(f'{resource}.findings', '000001'))}"
        for resource in ORDER[2:]
    )
    patterns = ", ".join(f"('{defect}', '{rule}')" for defect, rules in FOUND_BY.items() for rule in rules)
    records, found = duck.run(
        [
            f"SELECT defect, count(*) FROM {truth} GROUP BY defect",
            f"""SELECT class, count(DISTINCT record) FILTER (defect = class),
                    count(DISTINCT record) FILTER (defect = '')
                FROM (SELECT *, (resource, position) AS record FROM {truth})
                JOIN ({findings}) USING (resource, position)
                JOIN (VALUES {patterns}) AS meant(class, pattern) ON rule GLOB pattern GROUP BY class""",
        ]
    )
    planted, by_class = dict(records), {defect: (right, wrong) for defect, right, wrong in found}
    return {defect: Tally(planted.get(defect, 0), *by_class.get(defect, (0, 0)), planted[""]) for defect in FOUND_BY}


def test_every_class_is_found_by_a_rule_or_said_to_be_beyond_one() -> None:
    assert FOUND_BY.keys() | BY_NO_RULE == set(CLASSES) - {""}
    assert FOUND_BY.keys() & BY_NO_RULE == set()


@pytest.mark.usefixtures("received")
def test_of_each_class_the_rules_find_99_in_a_hundred_and_accuse_one_in_a_thousand_at_most() -> None:
    measured = tallies()

    assert {defect for defect, tally in measured.items() if not tally.planted} == set()
    assert {d: (t.found, t.planted) for d, t in measured.items() if t.found < 0.99 * t.planted} == {}
    assert {d: (t.false, t.sound) for d, t in measured.items() if t.false > 0.001 * t.sound} == {}
