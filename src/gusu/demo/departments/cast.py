"""The people of the demonstration city who are played by demonstrations and tests: found in the truth, the same in
every city of the same size and seed, and nothing is planted in any record of theirs.
"""

from dataclasses import dataclass

from gusu.demo.departments import folder, human_resources, people, registrations
from gusu.demo.departments.state import RECORDS, State
from gusu.demo.departments.systems import HEALTH, INSURED, POLICE, Resource
from gusu.kernel.engine.duck import literal, run

AMONG = 60_000  # of the first so many people: enough to find everybody, whatever the size
COLUMNS = ("number", "name", "phone", "birth::VARCHAR", "household")
AGED, CHILD = 66, 13  # full years from which an elder is one, and below which a child is one, all this year and next


@dataclass(frozen=True)
class Player:
    """A person as the truth has them. phone: as their insurance or health record says it."""

    number: str
    name: str
    phone: str
    birth: str
    household: int


@dataclass(frozen=True)
class Cast:
    """elder: 66 or older, of the household register.  worker: registered elsewhere and living here for half a year and
    more, insured by an employer, with a health record.  mother and child: of one household, he or she under 13, she its
    head or the head's wife.  All are alive and have a telephone that the register knows, but for the child.

    None: a city so small that there is nobody.
    """

    elder: Player | None
    worker: Player | None
    mother: Player | None
    child: Player | None


def cast() -> Cast:
    """NotBuilt."""
    state = State.read()
    found = run([*_sound(), _elder(), _worker(state), _family()])[-3:]
    elder, worker, family = (rows[0] if rows else [] for rows in found)
    parts = elder, worker, family[: len(COLUMNS)], family[len(COLUMNS) :]
    return Cast(*(Player(*part) if part else None for part in parts))


def _sound() -> list[str]:
    """Those who are alive, whose name everybody can write, and of whom every record is right."""
    records = f"read_parquet({literal(str(folder.truth(RECORDS)))})"
    everybody = f"read_parquet({literal(str(folder.truth('people.parquet')))})"
    return [
        f"CREATE TABLE held AS SELECT person, resource, defect FROM {records} WHERE person < {AMONG}",
        f"""CREATE TABLE sound AS SELECT * FROM {everybody}
          WHERE person < {AMONG} AND died IS NULL AND NOT permit AND NOT event
          AND regexp_full_match(name, '[\u4e00-\u9fa5]{{2,3}}')
          AND person NOT IN (SELECT person FROM held WHERE defect != '')""",
        f"""CREATE TABLE with_one_child AS SELECT household FROM {everybody}
          WHERE person < {AMONG} AND relation BETWEEN '20' AND '39' GROUP BY household HAVING count(*) = 1""",
    ]


def _elder() -> str:
    aged = f"birth < DATE '{people.AS_OF}' - INTERVAL {AGED} YEAR"
    return _first(f"SELECT * FROM sound WHERE {aged} AND {_holds(POLICE)} AND {_reached()}")


def _worker(state: State) -> str:
    here = registrations.registered("sound", state.seed)
    long_here = f"SELECT * FROM ({here}) WHERE since < DATE '{people.AS_OF}' - INTERVAL 1 YEAR"
    of_insured = f"hash(person + {people.salt(state.seed, INSURED.name)})"
    employed = f"{human_resources.EMPLOYED} AND NOT ({human_resources.SUSPENDED})"
    at_work = f"SELECT * FROM (SELECT * REPLACE ({of_insured} AS r) FROM ({long_here})) WHERE {employed}"
    return _first(f"SELECT * FROM ({at_work}) WHERE {_holds(INSURED)} AND {_holds(HEALTH)}")


def _family() -> str:
    mothers = f"SELECT * FROM sound WHERE sex = 2 AND relation IN ('02', '12') AND {_holds(POLICE)} AND {_reached()}"
    young = f"birth > DATE '{people.AS_OF}' - INTERVAL {CHILD - 1} YEAR"
    children = f"SELECT * FROM sound WHERE relation IN ('20', '30') AND {young} AND {_holds(POLICE)}"
    columns = ", ".join(f"{who}.{column}" for who in ("mother", "child") for column in COLUMNS)
    return f"""SELECT {columns} FROM ({mothers}) AS mother JOIN ({children}) AS child USING (household)
      SEMI JOIN with_one_child USING (household)
      ORDER BY mother.person, child.person LIMIT 1"""


def _first(whom: str) -> str:
    return f"SELECT {', '.join(COLUMNS)} FROM ({whom}) ORDER BY person LIMIT 1"


def _reached() -> str:
    """SQL: somebody knows their telephone."""
    return f"({_holds(INSURED)} OR {_holds(HEALTH)})"


def _holds(resource: Resource) -> str:
    return f"person IN (SELECT person FROM held WHERE resource = '{resource.name}')"
