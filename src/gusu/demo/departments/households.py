"""Who lives together: eight ways to house twelve people, and what that says about each one's sex, age and relation.

A block of twelve people takes one of the eight patterns.  A place in a pattern has a serial of its own (96 places, the
96 serials from 900 to 995), so two people can share a number only if two blocks share day, issuer and pattern - which
`people` makes impossible.
"""

from collections.abc import Iterator
from dataclasses import dataclass

PATTERNS, SLOTS = 8, 12
FIRST_SERIAL = 900
YEAR = 365


@dataclass(frozen=True)
class Member:
    """One place in a household. sex: 1, 2 (GB/T 2261.1) or 0 where either will do; years: born after the household's
    day; relation: to its head (GB/T 4761-2008); family: bears the family's name; partner: where the spouse stands."""

    relation: str
    sex: int
    years: int
    marital: str = "10"
    family: bool = True
    partner: int = 0


HEAD, WIFE = Member("02", 1, 0, "20", partner=1), Member("12", 2, 1, "20", family=False, partner=-1)
LADY, HUSBAND = Member("02", 2, 1, "20", family=False, partner=1), Member("11", 1, -1, "20", partner=-1)
SON, DAUGHTER, CHILD = Member("20", 1, 26), Member("30", 2, 26), Member("30", 2, 30)
OLD_HEAD, OLD_WIFE = Member("02", 1, -22, "20", partner=1), Member("12", 2, -21, "20", family=False, partner=-1)
GROWN, IN_LAW = Member("20", 1, 0, "20", partner=1), Member("38", 2, 1, "20", family=False, partner=-1)
GRANDSON, GRANDDAUGHTER = Member("41", 1, 26), Member("42", 2, 29)
MOTHER = Member("52", 2, -22, "30", family=False)
SINGLE = Member("02", 0, 3)
WIDOW, WIDOWER = Member("02", 2, -20, "30"), Member("02", 1, -20, "30")

ONE, OLD_ONE, LONE = (SINGLE,), (WIDOW,), (WIDOWER,)
COUPLE, OLD_COUPLE = (HEAD, WIFE), (OLD_HEAD, OLD_WIFE)
THREE, LADYS_THREE = (HEAD, WIFE, SON), (LADY, HUSBAND, DAUGHTER)
FOUR = (HEAD, WIFE, SON, CHILD)
WITH_MOTHER = (HEAD, WIFE, DAUGHTER, MOTHER)
FIVE = (OLD_HEAD, OLD_WIFE, GROWN, IN_LAW, GRANDDAUGHTER)
SIX = (OLD_HEAD, OLD_WIFE, GROWN, IN_LAW, GRANDSON, GRANDDAUGHTER)
HOUSED = (
    (THREE, LADYS_THREE, COUPLE, FOUR),
    (SIX, THREE, ONE, COUPLE),
    (FIVE, FOUR, OLD_COUPLE, ONE),
    (THREE, LADYS_THREE, THREE, LADYS_THREE),
    (WITH_MOTHER, THREE, OLD_COUPLE, OLD_ONE, ONE, ONE),
    (FOUR, FOUR, COUPLE, LONE, ONE),
    (FIVE, THREE, LADYS_THREE, ONE),
    (SIX, COUPLE, OLD_COUPLE, ONE, LONE),
)


def statement() -> str:
    """SQL that makes the table `slots`, a row for each of the 96 places."""
    columns = "combo, home, relation, sex, days, marital, family, partner, alone, serial, serial_weight, shift"
    return f"CREATE TABLE slots AS SELECT * FROM (VALUES {', '.join(_rows())}) AS slot({columns})"


def _rows() -> Iterator[str]:
    serials = {sex: iter(range(FIRST_SERIAL + sex % 2, FIRST_SERIAL + PATTERNS * SLOTS, 2)) for sex in (1, 2)}
    left = {sex: PATTERNS * SLOTS // 2 - sum(m.sex == sex for m in _members()) for sex in (1, 2)}
    for pattern, homes in enumerate(HOUSED):
        places = [(home, member) for home, members in enumerate(homes) for member in members]
        for slot, (home, member) in enumerate(places):
            sex = member.sex or max(left, key=lambda one: left[one])
            left[sex] -= 0 if member.sex else 1
            serial = next(serials[sex])
            weight = sum(int(digit) * by for digit, by in zip(str(serial), (8, 4, 2), strict=True))
            days = member.years * YEAR + (pattern * 97 + slot * 41 + home * 131) % 300
            row = (pattern * SLOTS + slot, home, f"'{member.relation}'", sex, days, f"'{member.marital}'")
            more = (member.family, member.partner, member is SINGLE, serial, weight, home * 5 + slot // 2)
            yield "(" + ", ".join(map(str, (*row, *more))) + ")"


def _members() -> list[Member]:
    return [member for homes in HOUSED for members in homes for member in members]
