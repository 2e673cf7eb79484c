"""What a day changes, as programs of the engine: people come, move, marry and die; what was put right is put right."""

from pathlib import Path

from gusu.demo.departments import folder, people, words
from gusu.demo.departments.defects import CODE
from gusu.demo.departments.state import RECORDS, State
from gusu.demo.departments.systems import (
    DEATHS,
    ELDERLY,
    HEALTH,
    INSURED,
    MARRIAGES,
    POLICE,
    RESOURCES,
    Resource,
    records,
)
from gusu.demo.departments.texts import SHEETS, known, written
from gusu.kernel.engine.duck import literal

SHARES = {POLICE: 40, INSURED: 30, HEALTH: 25}  # of a hundred changed rows
SHARES_OF_MONTH = {ELDERLY: 2, DEATHS: 2, MARRIAGES: 1}
COMING = 1  # of a hundred
ALL_NAMED = "true"  # a month's sheet holds whom the changes name


def newcomers(before: State, after: State, count: int) -> str:
    """The people who move to the city on this day."""
    made = people.made(before.people + before.newcomers, count, before.seed)
    at = f"{after.morning} + to_seconds((hash(person) % 28800)::BIGINT)"
    rows = f"SELECT * REPLACE ({at} AS changed, {at} AS came) FROM ({made})"
    return written(rows, folder.truth(f"newcomers-{after.day}.parquet"))


def changes(before: State, after: State, count: int) -> list[str]:
    """What this day changes, by resource, so that about `count` rows differ in the systems' proportions."""
    turn = f"hash(person + {people.salt(before.seed, f'day {after.day}')})"
    at = f"{after.morning} + to_seconds(({turn} % 28800)::BIGINT)"
    dying = f"""CREATE TABLE dying AS SELECT person, DATE '{after.month}' + ({turn} % 24)::INTEGER AS died
      FROM {before.everybody()} WHERE died IS NULL AND birth < DATE '1965-01-01' AND NOT permit
      ORDER BY {turn}, person LIMIT {_part(count, SHARES_OF_MONTH[DEATHS])}"""
    moves = [_moves(resource, before, after, _part(count, share), turn, at) for resource, share in SHARES.items()]
    month = [
        f"SELECT '{DEATHS.name}' AS resource, person, {at} AS changed, died FROM dying",
        f"""SELECT '{ELDERLY.name}', person, {at}, NULL FROM (SELECT * FROM {before.everybody()}
          WHERE died IS NULL AND NOT permit AND birth + INTERVAL 80 YEAR >= DATE '{after.month}'
          AND birth + INTERVAL 80 YEAR < DATE '{after.month}' + INTERVAL 1 MONTH
          AND person NOT IN (SELECT person FROM dying)
          ORDER BY person LIMIT {_part(count, SHARES_OF_MONTH[ELDERLY])})""",
        f"""SELECT '{MARRIAGES.name}', person, {at}, NULL FROM (SELECT * FROM {before.everybody()}
          WHERE sex = 1 AND partner != 0 AND NOT event AND died IS NULL AND birth > DATE '1975-01-01'
          AND person NOT IN (SELECT person FROM dying)
          ORDER BY {turn}, person LIMIT {_part(count, SHARES_OF_MONTH[MARRIAGES])})""",
    ]
    every = " UNION ALL BY NAME ".join([*moves, f"({' UNION ALL '.join(f'({each})' for each in month)})"])
    return [dying, written(every, folder.truth(f"changes-{after.day}.parquet"))]


def held(state: State, resource: Resource) -> str:
    """SQL of all records as a whole read of the department finds them now."""
    return _in_order(records(resource, state.everybody(resource), state.seed, corrected=state.put_right))


def fresh(state: State, resource: Resource) -> str:
    """SQL of those of them that this day changed."""
    return f"SELECT * FROM ({held(state, resource)}) WHERE updated >= {state.morning}"


def of_the_month(state: State, resource: Resource, day: int) -> str:
    """SQL of a sheet's records in the workbook of that day; day 0: the build's."""
    if day == 0:
        return _in_order(records(resource, known("people.parquet"), state.seed, corrected=state.put_right))
    whom = f"SELECT person FROM {state.changes([day])} WHERE resource = '{resource.name}'"
    of = f"(SELECT * FROM {state.everybody()} WHERE person IN ({whom}))"
    return _in_order(records(resource, of, state.seed, holds=ALL_NAMED, corrected=state.put_right))


def partners(state: State, day: int) -> str:
    """SQL relation in which the workbook's couples find each other."""
    return (
        f"(SELECT * REPLACE (true AS event) FROM {state.everybody()} WHERE sex = 2)" if day else known("people.parquet")
    )


def sheets(state: State, day: int) -> dict[str, str]:
    return {name: of_the_month(state, RESOURCES[name], day) for name in SHEETS}


def records_of(state: State, resource: Resource, newest: str) -> str:
    """SQL of a resource's records in its newest delivery."""
    if resource.name not in SHEETS:
        return held(state, resource)
    return of_the_month(state, resource, 0 if newest == RECORDS else state.workbook_day)


def put_right(state: State, resource: Resource, file: Path, newest: str) -> str:
    """SQL of the records that a returned list names: by key where it gives one we know, else by position."""
    listed = f"""(SELECT position::VARCHAR AS position, coalesce(record_key, '')::VARCHAR AS record_key FROM read_csv(
      {literal(str(file))}, names = ['position', 'record_key'], header = false, all_varchar = true, null_padding = true,
      strict_mode = false, delim = ',', quote = '"') WHERE try_cast(position AS BIGINT) IS NOT NULL)"""
    mine = f"(SELECT * FROM {known(newest)} WHERE resource = '{resource.name}')"
    every = f"(SELECT * FROM {known(RECORDS)} WHERE resource = '{resource.name}')"
    keys = f"SELECT record_key FROM {mine} UNION SELECT record_key FROM {every}"
    return f"""SELECT '{resource.name}' AS resource, record_key,
        {state.morning} + to_seconds((hash(record_key) % 28800)::BIGINT) AS mended FROM (
      SELECT record_key FROM {listed} WHERE record_key IN ({keys})
      UNION SELECT m.record_key FROM {mine} m SEMI JOIN (
        SELECT * FROM {listed} WHERE record_key NOT IN ({keys})) l ON m.position = l.position::BIGINT)"""


def delivered(state: State, resources: tuple[Resource, ...], truth: Path) -> str:
    """SQL: of the whole truth the records of these resources that this day changed."""
    keys = " UNION ALL ".join(
        f"SELECT '{each.name}' AS resource, record_key FROM ({fresh(state, each)})" for each in resources
    )
    return f"SELECT t.* FROM read_parquet('{truth}') t SEMI JOIN ({keys}) k USING (resource, record_key)"


def _in_order(rows: str) -> str:
    """A left join leaves rows without a partner for the end of their chunk; keys are in the order of the records."""
    return f"SELECT * FROM ({rows}) ORDER BY record_key"


def _moves(resource: Resource, before: State, after: State, count: int, turn: str, at: str) -> str:
    """Of whom the resource has a record: those who die, those who move, until `count` rows with the newcomers."""
    came = records(resource, known(f"newcomers-{after.day}.parquet"), before.seed)
    all_held = f"""(SELECT * FROM ({records(resource, before.everybody(resource), before.seed)})
      WHERE defect != {CODE["duplicate"]} AND died IS NULL)"""
    came_here = f"(SELECT count(*) FROM ({came}))"
    die_here = f"(SELECT count(*) FROM {all_held} SEMI JOIN dying USING (person))"
    limit = f"greatest(0, {count} - {came_here} - {die_here})"
    return f"""(SELECT '{resource.name}' AS resource, person, {at} AS changed, NULL::DATE AS died,
        communities.division, community || door AS address,
        CASE WHEN turn % 2 = 0 THEN (10000000000 + (turn >> 17) % 100000000)::VARCHAR ELSE phone END AS phone,
        CASE WHEN marital = '10' AND birth < DATE '2004-01-01' AND turn % 4 = 1 THEN '20' ELSE marital END AS marital
      FROM (SELECT *, {turn} AS turn FROM {all_held} WHERE person NOT IN (SELECT person FROM dying)
        ORDER BY turn, person LIMIT ({limit}))
      LEFT JOIN communities ON communities.k = ((turn >> 8) % {words.COMMUNITIES})::INTEGER
      LEFT JOIN doors ON doors.k = ((turn >> 24) % {words.DOORS})::INTEGER)
    UNION ALL BY NAME
      (SELECT '{resource.name}' AS resource, person, {at} AS changed, dying.died FROM {all_held} h
        JOIN dying USING (person))"""


def _part(count: int, share: int) -> int:
    return -(-count * share // 100)
