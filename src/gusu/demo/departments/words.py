"""The words that invented people are made of: `words.yaml`, read and given to the engine as lists."""

from functools import cache
from pathlib import Path

import msgspec

import gusu
from gusu.kernel.engine.duck import literal

DIVISIONS = Path(gusu.__file__).parent / "packs" / "divisions" / "data" / "divisions.csv"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
PLACES = 20  # that issue numbers at one time


class Issued(msgspec.Struct, frozen=True):
    until: int
    by: list[int]


class Given(msgspec.Struct, frozen=True):
    male: str
    female: str
    outside_bmp: str


class Minority(msgspec.Struct, frozen=True):
    nation: str
    given: list[str]
    father: list[str]


class Words(msgspec.Struct, frozen=True):
    """`words.yaml`."""

    city: str
    issued: list[Issued]
    elsewhere: list[int]
    permits: list[int]
    abolished: dict[str, str]
    surnames: dict[str, int]
    given: Given
    minority: list[Minority]
    nations: dict[str, int]
    streets: list[str]
    occupations: list[str]
    employers: list[str]
    clinics: list[str]
    allergies: list[str]
    causes: list[str]

    def issuers(self) -> list[int]:
        """Codes by period and place: `PLACES` for each period."""
        return [code for period in self.issued for code in (period.by + self.elsewhere)[:PLACES]]


@cache
def words() -> Words:
    return msgspec.yaml.decode(Path(__file__).with_name("words.yaml").read_bytes(), type=Words)


GIVEN, DOORS, SURNAMES, COMMUNITIES = 8192, 8192, 1024, 4096  # rows of the tables below; given names: for each sex


def statements() -> list[str]:
    """SQL that makes the words known to the engine.

    Short lists are functions: `streets(n)` is the n-th, counted from 0 and around.  Long ones are tables to join by
    `k`: the engine would copy a long list for every 2,048 rows.
    """
    said = words()
    minority = said.minority[0]
    lists: dict[str, list[str]] = {
        "rare": list(said.given.outside_bmp),
        "given_names": minority.given,
        "father_names": minority.father,
        "occupations": said.occupations,
        "employers": said.employers,
        "clinics": said.clinics,
        "allergies": said.allergies,
        "causes": said.causes,
    }
    return [
        *(
            f"CREATE MACRO {key}(n) AS [{', '.join(map(literal, values))}][1 + (n % {len(values)})::INTEGER]"
            for key, values in lists.items()
        ),
        _table("surnames", "surname", _surnames(said.surnames)),
        _table("givens", "given", [*_given(said.given.male), *_given(said.given.female)]),
        _table("forenames", "forename", [*said.given.male[:80], *said.given.female[:80]]),
        _table("nations", "nation", [*(code for code, n in said.nations.items() for _ in range(n)), *["01"] * 60]),
        _table("doors", "door", [_door(n, said.streets) for n in range(DOORS)]),
        _table("issuers", "issuer", [str(code) for code in said.issuers()]),
        "ALTER TABLE issuers ADD COLUMN issuer_weight INTEGER",
        f"UPDATE issuers SET issuer_weight = list_sum([issuer[i]::INTEGER * {list(WEIGHTS[:6])}[i]"
        " FOR i IN range(1, 7)])",
        f"CREATE TABLE communities AS WITH every AS ({_communities()}) SELECT range::INTEGER AS k, division, community "
        f"FROM range({COMMUNITIES}) JOIN every ON n = range % (SELECT count(*) FROM every)",
        f"CREATE TABLE phantoms AS {_phantoms()}",
    ]


def _table(name: str, column: str, values: list[str]) -> str:
    listed = ", ".join(map(literal, values))
    return f"CREATE TABLE {name} AS SELECT unnest(range({len(values)}))::INTEGER AS k, unnest([{listed}]) AS {column}"


def _surnames(weights: dict[str, int]) -> list[str]:
    names = [name for name, weight in weights.items() for _ in range(weight)]
    return [names[n % len(names)] for n in range(SURNAMES)]


def _given(characters: str) -> list[str]:
    """Every sixth name has one character."""
    firsts, seconds = len(characters), len(characters) - 3
    return [
        characters[n % firsts] + ("" if n % 6 == 1 else characters[(n * 7 + n // firsts) % seconds])
        for n in range(GIVEN)
    ]


def _door(n: int, streets: list[str]) -> str:
    return f"{streets[n * 5 % len(streets)]}{1 + n * 7 % 399}号{1 + n % 29}幢{1 + n // 16 % 6}0{1 + n // 5 % 4}室"


def _communities() -> str:
    table = f"read_csv({literal(str(DIVISIONS))}, all_varchar = true)"
    return (
        f"SELECT row_number() OVER (ORDER BY c.code) - 1 AS n, c.code AS division, "
        f"p.name || d.name || k.name || t.name || c.name AS community FROM {table} c "
        f"JOIN {table} t ON t.code = c.parent JOIN {table} k ON k.code = t.parent "
        f"JOIN {table} d ON d.code = k.parent JOIN {table} p ON p.code = d.parent "
        f"WHERE c.level = 'community' AND d.code = {literal(words().city)}"
    )


def _phantoms() -> str:
    """Counties that issue no number to anybody here: where persons who do not exist come from."""
    taken = ", ".join(map(str, set(words().issuers())))
    return (
        f"SELECT (row_number() OVER (ORDER BY code) - 1)::INTEGER AS k, code[:6] AS phantom "
        f"FROM read_csv({literal(str(DIVISIONS))}, all_varchar = true) "
        f"WHERE level = 'county' AND code[:6]::INTEGER NOT IN ({taken}) ORDER BY code LIMIT 240"
    )
