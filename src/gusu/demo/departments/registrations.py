"""Who lives here and is registered elsewhere: public security's residence registrations.  No defect is planted here.

They are those of the people of whom the household register has no record though nothing about them says why not: their
household is in another city.
"""

from gusu.demo.departments import people, words
from gusu.demo.departments.systems import POLICE, SECONDS, START
from gusu.kernel.engine.duck import literal

COLUMNS = (
    *("DJBH", "GMSFHM", "XM", "XB", "CSRQ", "MZ", "HJD", "JZDZ", "DJRQ", "WHCD", "HYZK", "LXDH"),
    "GXSJ",
)
HOMES = 256  # counties of other cities that people come from
LONGEST, RECENT, LATELY = 2_400, 183, 15  # days since one registered; of a hundred so many did within `RECENT`


def statements() -> list[str]:
    """What `rows` needs: where people come from."""
    table = f"read_csv({literal(str(words.DIVISIONS))}, all_varchar = true)"
    return [
        f"""CREATE TABLE homes AS WITH every AS (
          SELECT code AS home, row_number() OVER (ORDER BY hash(code), code) - 1 AS n FROM {table}
          WHERE level = 'county' AND code[:4] != {literal(words.words().city[:4])})
        SELECT range::INTEGER AS k, home FROM range({HOMES}) JOIN every ON n = range % (SELECT count(*) FROM every)"""
    ]


def rows(of: str, seed: int) -> str:
    """SQL of the rows of `huji.jzdj`, in the order of their key. of: the relation with the people."""
    return f"""SELECT 'JD' || right((10000000001 + person)::VARCHAR, 10), number, name, sex::VARCHAR,
      strftime(birth, '%Y%m%d'), nation, home, address, strftime(since, '%Y%m%d'), education, marital, phone,
      ({START} + to_seconds((d % {SECONDS})::BIGINT))::VARCHAR || '+08'
    FROM ({registered(of, seed)}) LEFT JOIN homes ON homes.k = ((d >> 20) % {HOMES})::INTEGER ORDER BY person"""


def registered(of: str, seed: int) -> str:
    """SQL of the people themselves, with `since`, the day on which they registered, and `d`, which it all hangs on."""
    lately, longer = f"d % {RECENT}", f"{RECENT} + d % {LONGEST}"
    days = f"(CASE WHEN (d >> 40) % 100 < {LATELY} THEN {lately} ELSE {longer} END)::INTEGER"
    return f"""SELECT *, DATE '{people.AS_OF}' - {days} AS since
    FROM (SELECT *, hash(person + {people.salt(seed, "registration")}) AS d FROM (
        SELECT *, hash(person + {people.salt(seed, POLICE.name)}) AS r FROM {of}))
    WHERE NOT permit AND died IS NULL AND NOT ({POLICE.holds})"""
