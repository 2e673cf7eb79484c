"""Which records each department holds: of whom, under which key, with which defect, in which order.

`records` is the one place that says so; the department's own file renders them, and the truth lists them.
"""

from dataclasses import dataclass

from gusu.demo.departments import defects, people, words
from gusu.demo.departments.defects import CODE, DEAD_AND_ALIVE, PARTS, Planted
from gusu.kernel.text import Text

START = "TIMESTAMP '2024-11-23 00:00:00'"
SECONDS = 2 * 365 * 86_400  # from START in which records were last changed: until people.AS_OF
MONTH_END = "2026-10-31"

NUMBERED = {"wrong_check_digit": 500, "fifteen_digits": 600, "full_width": 400, "name_blanks": 400}
COMMON = {**NUMBERED, "duplicate": 400, "missing": 300, "plausible_number": 200, "plausible_name": 200}


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource of a department's. holds: SQL, of whom it has a record (reads people and `r`, the record's hash);
    key, second: SQL of a record's key, and of a duplicate's; first: the position of the first record."""

    name: str
    planted: Planted
    holds: str
    key: str
    second: str
    first: int = 1


@dataclass(frozen=True)
class Department:
    """Who holds what; the connection has its name."""

    name: str
    title: Text
    resources: tuple[Resource, ...]


POLICE = Resource(
    "police_residents",
    Planted(
        0,
        COMMON | {"old_division": 600, "swapped": 200, "wrong_sex": 200, "wrong_birth": 300},
        number="GMSFHM",
        name="XM",
        birth="CSRQ",
        sex="XB",
        address="ZZ",
        division="XZQH",
        alive="ZXBS",
        lives=True,
    ),
    "NOT permit AND (r >> 40) % 1000 < 975",
    "'RY' || right((10000000001 + person)::VARCHAR, 10)",
    "'RY' || (9000000001 + person)::VARCHAR",
)
INSURED = Resource(
    "insured_persons",
    Planted(
        1,
        COMMON | {"date_form": 1000, "swapped": 300, "wrong_sex": 200, "wrong_birth": 300, "conflicting_address": 300},
        number="社会保障号码",
        name="姓名",
        birth="出生日期",
        sex="性别",
        phone="手机号码",
        address="联系地址",
        alive="参保状态",
        lives=True,
    ),
    "birth < DATE '2010-11-01' AND (r >> 40) % 1000 < 778",
    "(1000000001 + person)::VARCHAR",
    "(9000000001 + person)::VARCHAR",
    first=2,
)
HEALTH = Resource(
    "health_records",
    Planted(
        2,
        COMMON | {"date_form": 1000, "swapped": 300, "wrong_sex": 200, "wrong_birth": 300, "conflicting_address": 300},
        number="idNo",
        name="name",
        birth="birth",
        sex="gender",
        phone="phone",
        address="address",
    ),
    "(r >> 40) % 1000 < 602",
    "'JK' || right((10000000001 + person)::VARCHAR, 10)",
    "'JK' || (9000000001 + person)::VARCHAR",
)
ELDERLY = Resource(
    "elderly",
    Planted(
        3,
        COMMON | {"date_form": 1000, "swapped": 300, "wrong_birth": 300},
        number="公民身份号码",
        name="姓名",
        birth="出生日期",
        phone="联系电话",
        address="居住地址",
    ),
    f"died IS NULL AND birth < DATE '{MONTH_END}' - INTERVAL 80 YEAR AND NOT permit",
    "'GL' || right((10000000001 + person)::VARCHAR, 10)",
    "'GL' || (9000000001 + person)::VARCHAR",
    first=5,
)
DEATHS = Resource(
    "deaths",
    Planted(4, COMMON | {"date_form": 1000}, number="公民身份号码", name="姓名", date="死亡日期", deaths=True),
    "died IS NOT NULL",
    "'SW' || right((10000000001 + person)::VARCHAR, 10)",
    "'SW' || (9000000001 + person)::VARCHAR",
    first=5,
)
MARRIAGES = Resource(
    "marriages",
    Planted(5, COMMON | {"date_form": 1000}, number="男方公民身份号码", name="男方姓名", date="登记日期"),
    "event AND sex = 1 AND died IS NULL AND NOT permit",
    "'HY' || right((10000000001 + person)::VARCHAR, 10)",
    "'HY' || (9000000001 + person)::VARCHAR",
    first=5,
)
RESOURCES = {each.name: each for each in (POLICE, INSURED, HEALTH, ELDERLY, DEATHS, MARRIAGES)}
DEPARTMENTS = (
    Department("police", Text("公安户籍库（PostgreSQL）", "public security (PostgreSQL)"), (POLICE,)),
    Department("human_resources", Text("人社参保文件（CSV）", "social security (CSV in GB18030)"), (INSURED,)),
    Department("civil_affairs", Text("民政月报（XLSX）", "civil affairs (XLSX)"), (ELDERLY, DEATHS, MARRIAGES)),
    Department("health", Text("卫健健康档案（HTTP）", "health (JSON over HTTP)"), (HEALTH,)),
)


def statements() -> list[str]:
    """SQL that the renderings need, beside what people need."""
    said = words.words().abolished
    cases = " ".join(f"WHEN '{now}' THEN '{before}'" for now, before in said.items() if now)
    abolished = f"CREATE MACRO abolished(county) AS CASE county {cases} ELSE '{said['']}' END"
    return [*people.statements(), *defects.MACROS, abolished]


def twice(of: str, seed: int) -> str:
    """SQL of those people of whom some resource has a second record: few, so that nobody else is looked at again."""
    spans = {name: each.planted.span("duplicate") for name, each in RESOURCES.items()}
    some = " OR ".join(
        f"(hash(person + {people.salt(seed, name)}) % {PARTS})::INTEGER BETWEEN {first} AND {end - 1}"
        for name, (first, end) in spans.items()
    )
    return f"SELECT * FROM {of} WHERE {some}"


def records(resource: Resource, of: str, seed: int, *, again: str = "", holds: str = "", corrected: str = "") -> str:
    """SQL of a resource's records in order: a person's columns, `record_key`, `defect`, `variant`, `updated`.

    of: the relation with the people; again: one with those of them who may have a second record (`twice`), if made;
    holds: in place of the resource's own.  corrected: one with what the department has put right since (resource,
    record_key, mended), if any: those records are as they should be, and second records of a person are gone.  Who
    came after the build has one record only: a second would be older than its arrival, and no reader of changes would
    ever see it.
    """
    second = CODE["duplicate"]
    updated = f"({START} + to_seconds(((r >> 8) % {SECONDS})::BIGINT))"
    rows = f"""SELECT *, {resource.key} AS record_key, (CASE planted WHEN {second} THEN 0
        ELSE planted END)::TINYINT AS defect, coalesce(changed, {updated}) AS updated
        FROM ({_planted(resource, of, seed, holds)})
      UNION ALL SELECT *, {resource.second} AS record_key, {second}::TINYINT AS defect,
        {updated} - to_days(30 + variant) AS updated
        FROM ({_planted(resource, again or of, seed, holds)}) WHERE planted = {second} AND came IS NULL"""
    if not corrected:
        return rows
    return f"""SELECT * REPLACE (CASE WHEN mended IS NULL THEN defect ELSE 0::TINYINT END AS defect,
        CASE WHEN mended IS NULL OR mended < updated THEN updated ELSE mended END AS updated)
      FROM ({rows}) LEFT JOIN (SELECT record_key, max(mended) AS mended FROM {corrected}
        WHERE resource = '{resource.name}' GROUP BY record_key) USING (record_key)
      WHERE mended IS NULL OR defect != {second}"""


def _planted(resource: Resource, of: str, seed: int, holds: str) -> str:
    return f"""SELECT *, {resource.planted.chosen("chance")} AS planted FROM (
        SELECT *, (r % {PARTS})::INTEGER AS chance, ((r >> 20) % 240)::INTEGER AS variant,
          died IS NOT NULL AND hash(person + {people.salt(seed, "forgotten")}) % {PARTS} < {DEAD_AND_ALIVE} AS forgotten
        FROM (SELECT *, hash(person + {people.salt(seed, resource.name)}) AS r FROM {of})
        WHERE {holds or resource.holds})"""
