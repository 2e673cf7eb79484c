"""The defects planted in the departments' systems: which classes there are, how often, and what each does to a value.

A record has one class at most, so the truth is clean.  Two classes no rule can find: what they show is well-formed,
agrees with itself and contradicts nothing in its own source.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CLASSES = (
    "",
    "wrong_check_digit",
    "fifteen_digits",
    "old_division",
    "date_form",
    "full_width",
    "name_blanks",
    "swapped",
    "duplicate",
    "missing",
    "dead_and_alive",
    "conflicting_address",
    "wrong_sex",
    "wrong_birth",
    "plausible_number",
    "plausible_name",
)
CODE = {name: code for code, name in enumerate(CLASSES)}
UNDETECTABLE = ("plausible_number", "plausible_name")
PARTS = 100_000  # rates are so many of a hundred thousand records
DEAD_AND_ALIVE = 5_500  # of those who have died


@dataclass(frozen=True)
class Planted:
    """What is wrong in one resource. rates: of a hundred thousand records, by class.

    number, name, birth, …: the source's own names of the columns; "" where it has none.  `system` tells its phantoms
    from the others': the numbers of persons who do not exist.
    """

    system: int
    rates: Mapping[str, int]
    number: str
    name: str
    birth: str = ""
    sex: str = ""
    phone: str = ""
    address: str = ""
    division: str = ""
    alive: str = ""
    date: str = ""
    lives: bool = False  # says who is alive
    deaths: bool = False  # says who has died

    def span(self, name: str) -> tuple[int, int]:
        """From which chance (of PARTS) below which a record has this class."""
        before = 0
        for each, rate in self.rates.items():
            if each == name:
                return before, before + rate
            before += rate
        return 0, 0

    def chosen(self, chance: str) -> str:
        """SQL: the class of a record from a number of 0 to 99,999; what a person cannot have is left out.

        It reads `birth`, `permit`, `died` and `forgotten` (dead, but nobody told the system).
        """
        cases, upto = [], 0
        if self.lives or self.deaths:
            cases.append(f"WHEN forgotten THEN {CODE['dead_and_alive'] if self.lives else 0}")
        for name, rate in self.rates.items():
            upto += rate
            only = " AND birth < DATE '2000-01-01' AND NOT permit" if name == "fifteen_digits" else ""
            cases.append(f"WHEN {chance} < {upto}{only} THEN {CODE[name]}")
        quick = "" if self.lives or self.deaths else f"WHEN {chance} >= {upto} THEN 0 "
        return f"(CASE {quick}{' '.join(cases)} ELSE 0 END)::TINYINT"

    @property
    def element(self) -> str:
        """SQL: the column at fault, from `defect` and `variant`."""
        either = {
            "full_width": self.phone and f"CASE WHEN {ODD} THEN '{self.phone}' ELSE '{self.number}' END",
            "missing": f"CASE WHEN {ODD} THEN '{self.name}' ELSE '{self.number}' END",
            "swapped": self.phone and f"CASE WHEN {ODD} THEN '{self.phone}' ELSE '{self.number}' END",
        }
        always = {
            "old_division": self.division,
            "date_form": self.date or self.birth,
            "name_blanks": self.name,
            "plausible_name": self.name,
            "dead_and_alive": self.alive,
            "conflicting_address": self.address,
            "wrong_sex": self.sex,
            "wrong_birth": self.birth,
        }
        cases = " ".join(
            f"WHEN {CODE[name]} THEN {either.get(name) or repr(always.get(name) or self.number)}"
            for name in CLASSES[1:]
        )
        return f"CASE defect WHEN 0 THEN '' {cases} END"

    @property
    def recoverable(self) -> str:
        """SQL: does the record still say whose it is: right, full width, blanks or 15 digits."""
        elsewhere = f"{ODD} AND" if self.phone else "false AND"
        return (
            f"(defect NOT IN ({CODE['wrong_check_digit']}, {CODE['plausible_number']}, {CODE['missing']}, "
            f"{CODE['swapped']}) OR defect = {CODE['missing']} AND {ODD} OR {elsewhere} defect = {CODE['swapped']})"
        )


ODD = "variant % 2 = 1"
FORMS = (
    "%Y/%-m/%-d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y年%-m月%-d日",
    "%Y-%-m-%-d 00:00:00",
)  # of a date where 2026-11-02 is usual
MACROS = [
    "CREATE MACRO full_width(said) AS translate(said, '0123456789X', '０１２３４５６７８９Ｘ')",
    "CREATE MACRO next_check(n) AS n[:17] || '10X98765432'[strpos('210X9876543', n[18])::INTEGER]",
    "CREATE MACRO blanked(n, variant) AS CASE WHEN contains(n, '·') "
    "THEN replace(n, '·', ['・', '•', '.', ' ·'][1 + variant % 4]) "
    "ELSE [n[1] || ' ' || n[2:], n || ' ', ' ' || n, n[1] || '　' || n[2:]][1 + variant % 4] END",
    "CREATE MACRO odd_date(d, variant) AS CASE variant % 5 "
    + " ".join(f"WHEN {at} THEN strftime(d, '{form}')" for at, form in enumerate(FORMS))
    + " END",
    "CREATE MACRO with_check(digits) AS digits || check_of(digits)",
    "CREATE MACRO phantom_of(n, number) AS with_check(getvariable('phantoms')[1 + n] || number[7:17])",
    "SET VARIABLE phantoms = (SELECT list(phantom ORDER BY k) FROM phantoms)",
    "CREATE MACRO stranger(n, sex) AS getvariable('strangers')[(sex - 1) * 64 + 1 + ((n * 7 + 3) % 64)::INTEGER]",
    "SET VARIABLE strangers = (SELECT list(surname || given ORDER BY g.k) FROM givens g JOIN surnames s "
    "ON s.k = g.k % 512 WHERE g.k % 128 = 5)",
    "CREATE MACRO elsewhere(n) AS getvariable('elsewhere')[1 + ((n * 13 + 5) % 512)::INTEGER]",
    "SET VARIABLE elsewhere = (SELECT list(community || door ORDER BY d.k) FROM doors d JOIN communities c "
    "ON c.k = d.k // 16 * 7 WHERE d.k % 16 = 9)",
]


def number(planted: Planted) -> str:
    """SQL: the number as the source shows it."""
    return f"""CASE defect WHEN 0 THEN number WHEN {CODE["wrong_check_digit"]} THEN next_check(number)
      WHEN {CODE["fifteen_digits"]} THEN number[:6] || number[9:17]
      WHEN {CODE["full_width"]} THEN {_here(planted, "full_width(number)", "number")}
      WHEN {CODE["swapped"]} THEN {_here(planted, "name", "number")}
      WHEN {CODE["missing"]} THEN CASE WHEN {ODD} THEN number ELSE '' END
      WHEN {CODE["plausible_number"]} THEN phantom_of({planted.system * 20} + place, number) ELSE number END"""


def name(planted: Planted) -> str:
    """SQL: the name as the source shows it."""
    return f"""CASE defect WHEN 0 THEN name WHEN {CODE["name_blanks"]} THEN blanked(name, variant)
      WHEN {CODE["swapped"]} THEN {_here(planted, "number", "name")}
      WHEN {CODE["missing"]} THEN CASE WHEN {ODD} THEN '' ELSE name END
      WHEN {CODE["plausible_name"]} THEN stranger(person, sex) ELSE name END"""


def phone() -> str:
    """SQL: the telephone as a source shows it that has one."""
    return f"""CASE WHEN defect = {CODE["full_width"]} AND {ODD} THEN full_width(phone)
      WHEN defect = {CODE["swapped"]} AND {ODD} THEN address ELSE phone END"""


def address() -> str:
    """SQL: the address as a source shows it that has a telephone too."""
    return f"""CASE defect WHEN 0 THEN address WHEN {CODE["swapped"]} THEN CASE WHEN {ODD} THEN phone ELSE address END
      WHEN {CODE["conflicting_address"]} THEN elsewhere(person) ELSE address END"""


def birth(usual: str = "birth::VARCHAR") -> str:
    """SQL: the birth date as text; `usual`: in the source's own form."""
    moved = usual.replace("birth", "(birth + 1 + variant % 27)")
    return f"""CASE defect WHEN {CODE["date_form"]} THEN odd_date(birth, variant)
      WHEN {CODE["wrong_birth"]} THEN {moved} ELSE {usual} END"""


def sex(male: str, female: str) -> str:
    """SQL: the sex in the source's own words."""
    return f"CASE WHEN (sex = 1) != (defect = {CODE['wrong_sex']}) THEN '{male}' ELSE '{female}' END"


def _here(planted: Planted, said: str, usual: str) -> str:
    """What a class that may hit the telephone instead does to number or name."""
    return f"CASE WHEN {ODD} THEN {usual} ELSE {said} END" if planted.phone else said
