"""The people of the demonstration city: person n is what the seed and n say, made set-wise in the engine.

A block's place in a permutation gives its day, issuer and pattern; the place in the pattern moves the day and the
issuer by a constant, so that no two numbers are ever the same.  Serials of 900 to 995 are never given to a real person.
"""

import hashlib

from gusu.demo.departments import households, words
from gusu.kernel.engine.duck import literal

FIRST_DAY, DAYS = "1956-01-01", 13_880  # on which heads of the middle generation are born: until 1993
SPAN = DAYS * words.PLACES * households.PATTERNS  # blocks before a number would come twice
STRIDE = 1_327_217  # prime to SPAN: neighbours are far apart
MOST = SPAN * households.SLOTS // 2  # people; the other half of the span is for those born later
BLOCK = households.SLOTS
AS_OF = "2026-11-23"


def salt(seed: int, use: str) -> int:
    """A constant of 60 bits for one use of the hash."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{use}".encode()).digest()[:8]) >> 4


def statements() -> list[str]:
    """What `made` needs: words, households, and the check digits of GB 11643."""
    return [*words.statements(), households.statement(), *_MACROS]


_MACROS = [
    "SET disabled_optimizers = 'build_side_probe_side'",  # the order of the rows is the order on the left
    "CREATE MACRO checked(total) AS substr('10X98765432', (total % 11)::INTEGER + 1, 1)",
    # the check digit of any 17 digits, for the few that are made up from text
    "CREATE MACRO check_of(digits) AS checked(list_sum([digits[i]::INTEGER * "
    f"{list(words.WEIGHTS)}[i] FOR i IN range(1, 18)])::INTEGER)",
]


def made(first: int, count: int, seed: int) -> str:
    """SQL of `count` people from number `first` on (a multiple of 12), in order."""
    block = f"((person // {BLOCK}) * {STRIDE} + {salt(seed, 'block') % SPAN}) % {SPAN}"
    return f"""
    SELECT person, number, sex::TINYINT AS sex, birth, permit, place::TINYINT AS place, household, relation,
      CASE WHEN minority THEN given_names(h >> 3) || '·' || father_names(h >> 7)
           WHEN (h >> 11) % 1000 < 3 THEN surname || given[1] || rare(h >> 28) ELSE surname || given END AS name,
      CASE WHEN (h >> 50) % 64 = 7 THEN surname || forename ELSE '' END AS former_name,
      CASE WHEN minority THEN {literal(words.words().minority[0].nation)} ELSE nation END AS nation,
      CASE WHEN event AND g % 10 = 3 THEN '40' WHEN marital = '10' AND birth < DATE '1990-01-01' AND h % 3 = 0
           THEN '20' WHEN birth > DATE '2005-01-01' THEN '10' ELSE marital END AS marital,
      origins.issuer AS origin,
      CASE WHEN birth > DATE '2019-09-01' THEN '90' WHEN birth > DATE '2013-09-01' THEN '80'
           WHEN birth > DATE '2010-09-01' THEN '70' WHEN birth > DATE '2007-09-01' THEN '60'
           WHEN birth < DATE '1950-01-01' THEN ['80', '70', '60'][1 + ((h >> 40) % 3)::INTEGER]
           ELSE ['10', '20', '20', '30', '40', '60', '70', '20'][1 + ((h >> 40) % 8)::INTEGER] END AS education,
      CASE WHEN birth > DATE '2004-01-01' THEN '学生' WHEN birth < DATE '1965-01-01' THEN '离退休人员'
           ELSE occupations(h >> 44) END AS occupation,
      division, community || door AS address,
      (10000000000 + (h >> 17) % 100000000)::VARCHAR AS phone,
      CASE WHEN (h >> 52) % 1000 < CASE WHEN birth < DATE '1945-01-01' THEN 300 WHEN birth < DATE '1965-01-01' THEN 110
           WHEN birth < DATE '2015-01-01' THEN 15 ELSE 0 END
           THEN DATE '2021-01-04' + ((h >> 30) % 2120)::INTEGER END AS died,
      event, partner::TINYINT AS partner, NULL::TIMESTAMP AS changed,
      NULL::TIMESTAMP AS came
    FROM (
      SELECT *, hash(person + {salt(seed, "person")}) AS h, (g >> 44) % 100 = 4 AS minority,
        CASE WHEN family THEN g ELSE hash(person + {salt(seed, "surname")}) END AS bloodline,
        partner != 0 AND days > -{households.YEAR * 10} AND (g >> 51) % 100 < {MARRIED} AS event,
        CASE WHEN permit THEN (810000 + 10000 * place)::VARCHAR ELSE issuer END || digits
          || checked(CASE WHEN permit THEN 65 + 9 * place ELSE issuer_weight END
          + serial_weight + {_weighed_day("digits // 1000")}) AS number
      FROM (
        SELECT *, hash(household + {salt(seed, "household")}) AS g,
          alone AND place < 3 AND hash(person + {salt(seed, "permit")}) % 100 < {PERMITS} AS permit,
          CASE WHEN year(birth) <= 1994 THEN 0 WHEN year(birth) <= 1999 THEN {words.PLACES}
            WHEN year(birth) <= 2011 THEN {2 * words.PLACES} ELSE {3 * words.PLACES} END + place AS issued,
          ((year(birth) * 100 + month(birth)) * 100 + day(birth)) * 1000 + serial AS digits
        FROM (
          SELECT *, DATE '{FIRST_DAY}' + (spot // {words.PLACES * households.PATTERNS} + days)::INTEGER AS birth,
            ((spot // {households.PATTERNS} + shift) % {words.PLACES})::INTEGER AS place,
            person // {BLOCK} * {households.PATTERNS} + home AS household
          FROM (SELECT range AS person, {block} AS spot FROM range({first}, {first + count}))
          LEFT JOIN slots ON combo = spot % {households.PATTERNS} * {BLOCK} + person % {BLOCK}
        )
      ) LEFT JOIN issuers ON k = issued::INTEGER
    )
    LEFT JOIN surnames ON surnames.k = (bloodline % {words.SURNAMES})::INTEGER
    LEFT JOIN givens ON givens.k = (sex - 1) * {words.GIVEN} + ((h >> 21) % {words.GIVEN})::INTEGER
    LEFT JOIN forenames ON forenames.k = (sex - 1) * 80 + ((h >> 35) % 80)::INTEGER
    LEFT JOIN nations ON nations.k = ((g >> 20) % 64)::INTEGER
    LEFT JOIN issuers origins ON origins.k = ((h >> 14) % {4 * words.PLACES})::INTEGER
    LEFT JOIN communities ON communities.k = ((g >> 8) % {words.COMMUNITIES})::INTEGER
    LEFT JOIN doors ON doors.k = ((g >> 24) % {words.DOORS})::INTEGER"""


MARRIED = 9  # of a hundred couples: registered, or parted, within the months that are reported
PERMITS = 92  # of a hundred who live alone and whose place is one of the three regions


def _weighed_day(day: str) -> str:
    """SQL: the weighed sum of the eight digits of a day, places 7 to 14 of a number."""
    terms = [f"{day} // {10 ** (7 - at)} % 10 * {words.WEIGHTS[6 + at]}" for at in range(8)]
    return " + ".join(f"({term})" for term in terms)
