"""The demonstration city's departments: build their systems, let a day pass, put right what they got back.

One program in the engine makes people, records and every system's text; what is left for here is to carry it: COPY
into the police's database, GB18030 for the nightly file, a zip for the workbook, pages for the service.  A build that
was killed has no `truth/build.json` and is made again whole by the next; a day that was killed is done again.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gusu.demo.departments import (
    cards,
    civil_affairs,
    days,
    folder,
    health,
    health_records,
    human_resources,
    people,
    police,
    registrations,
    texts,
)
from gusu.demo.departments.defects import DEAD_AND_ALIVE, UNDETECTABLE
from gusu.demo.departments.errors import TooMany, UnknownResource, UnreadableList
from gusu.demo.departments.folder import departments_folder as departments_folder
from gusu.demo.departments.state import RECORDS, State
from gusu.demo.departments.systems import HEALTH, INSURED, POLICE, RESOURCES, Resource, records, statements, twice
from gusu.kernel import scratch
from gusu.kernel.engine.duck import Rows, run
from gusu.kernel.engine.errors import EngineRefused
from gusu.kernel.text import Text
from gusu.resources.exchange.actions import keep_connection as keep

NOTHING_NAMED = Text("没有一行对应本部门的记录", "no line names a record of this department")
Report = Callable[[str], None]
LEAST = 120


@dataclass(frozen=True)
class Built:
    """What was made: records in each resource, who is registered elsewhere, seconds it took."""

    people: int
    seed: int
    rows: dict[str, int]
    registered: int
    seconds: float

    @property
    def total(self) -> int:
        return sum(self.rows.values())


@dataclass(frozen=True)
class Changed:
    """What a day delivered: records of each resource. day: 1 is the first after the build."""

    day: int
    rows: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class Corrected:
    """How many records a department put right, and on which day."""

    day: int
    resource: str
    records: int
    seconds: float


def build(people: int, seed: int, *, report: Report = lambda line: None) -> Built:
    """All departments' systems, from nothing; what was there is gone.  The same arguments give the same rows.

    people: LEAST to some thirteen million, rounded up to whole blocks of twelve.  Raises TooMany, NoRole.
    """
    begun, state = time.monotonic(), State(seed, _blocks(people))
    port = health.port(departments_folder() / "health")  # a service that runs stays where it is
    place = folder.emptied()
    with scratch.folder("departments") as name:
        work = Path(name)
        report("人员与各部门记录 · people and records")
        rows, registered = _made(state, work)
        report(f"公安户籍库 · public security: {rows[POLICE.name]:,} + {registered:,}")
        permits, seniors = police.founded(), cards.founded()
        police.fill(work / "rk.txt", work / "hu.txt", work / "jzdj.txt")
        _carry(state, rows, work, report)
    token = health.prepare(
        place / "health", size=health_records.PAGE, recent=f"{health_records.RECENT}+08:00", port=port
    )
    keep("police", {"dsn": permits["reader"]})
    keep("police_write", {"dsn": permits["writer"]})
    keep("civil_affairs_cards", {"dsn": seniors["reader"]})
    keep("civil_affairs_cards_write", {"dsn": seniors["writer"]})
    keep("human_resources", {"folder": str(place / "human_resources")})
    keep("civil_affairs", {"folder": str(place / "civil_affairs")})
    keep("health", {"url": health.address(place / "health"), "token": token})
    built = Built(state.people, seed, rows, registered, round(time.monotonic() - begun, 2))
    folder.finish(_said(state, built))
    return built


def next_day(changes: int, *, report: Report = lambda line: None) -> Changed:
    """A day passes: about `changes` rows differ, in the systems' proportions; each department delivers as it does.

    Police: rows updated, a few inserted. Social security: a file of the changed rows. Civil affairs: a workbook of the
    month's new rows. Health: pages, and what `since` answers.  NotBuilt.
    """
    begun, before = time.monotonic(), State.read()
    coming = max(1, round(changes * days.COMING / 100 / people.BLOCK)) * people.BLOCK
    after = before.tomorrow(
        newcomers=before.newcomers + coming,
        changed=[*before.changed, before.day + 1],
        delivered=dict.fromkeys((INSURED.name, *texts.SHEETS), f"day-{before.day + 1}.parquet"),
    )
    with scratch.folder("departments") as name:
        work = Path(name)
        report(f"{after.night}：人员变动 · what the day changes")
        rows = _passed(before, after, coming, changes, work)
        report("交付各部门 · the departments deliver")
        (work / "gone.txt").touch()
        police.change(work / "rk.txt", work / "hu.txt", work / "gone.txt")
        human_resources.Night(after.night, human_resources.DELTA).write(
            work / f"{INSURED.name}.txt", departments_folder() / "human_resources"
        )
        _civil(after, rows, work)
        _health(work)
    _settle(after, {RECORDS: folder.truth(f"records-{after.day}.parquet")})
    return Changed(after.day, rows, round(time.monotonic() - begun, 2))


def correct(resource: str, positions_file: Path, *, report: Report = lambda line: None) -> Corrected:
    """The department puts right what a returned list names, and its system holds the true values from then on.

    positions_file: CSV whose first two columns are the position in the newest delivery, and the record's key (which
    decides where it is given).  Second records of a person are taken out.  Social security delivers a whole file again,
    civil affairs its newest workbook.  Raises NotBuilt, UnknownResource, UnreadableList.
    """
    begun, before = time.monotonic(), State.read()
    if resource not in RESOURCES:
        raise UnknownResource(resource=resource, known=", ".join(RESOURCES))
    newest = before.delivered if resource in texts.SHEETS else before.delivered | {resource: RECORDS}
    after = before.tomorrow(mended=[*before.mended, before.day + 1], delivered=newest)
    with scratch.folder("departments") as name:
        count = _mended(before, after, RESOURCES[resource], positions_file, Path(name), report)
    return Corrected(after.day, resource, count, round(time.monotonic() - begun, 2))


def _made(state: State, work: Path) -> tuple[dict[str, int], int]:
    """People, truth and each system's text, in one program of the engine; answers the records by resource, and how many
    are registered elsewhere."""
    everybody, truth = texts.known("people.parquet"), folder.truth(RECORDS)
    held = {name: records(each, everybody, state.seed, again="twice") for name, each in RESOURCES.items()}
    *_, [[registered]], counted = run(
        [
            *statements(),
            *registrations.statements(),
            texts.written(people.made(0, state.people, state.seed), folder.truth("people.parquet")),
            f"CREATE TABLE twice AS {twice(everybody, state.seed)}",
            texts.written(texts.truth(held), truth),
            *texts.register(held[POLICE.name], work),
            *texts.night(held[INSURED.name], work),
            *texts.pages(held[HEALTH.name], work, truth=truth),
            *texts.sheets(held, everybody, work),
            texts.written(registrations.rows(everybody, state.seed), work / "jzdj.txt", police.TEXT),
            texts.counted(truth),
        ]
    )
    return _counts(counted), int(registered)


def _carry(state: State, rows: dict[str, int], work: Path, report: Report) -> None:
    place = departments_folder()
    report(f"人社参保文件 · social security: {rows[INSURED.name]:,}")
    human_resources.Night(state.night, human_resources.WHOLE).write(
        work / f"{INSURED.name}.txt", place / "human_resources"
    )
    report(f"民政月报 · civil affairs: {sum(rows[name] for name in texts.SHEETS):,}")
    _civil(state, rows, work)
    report(f"卫健健康档案 · health: {rows[HEALTH.name]:,}")
    _health(work)


def _health(work: Path) -> None:
    health_records.deliver(work / f"{HEALTH.name}.txt", work / "recent.txt", departments_folder() / "health")


def _civil(state: State, rows: dict[str, int], work: Path) -> None:
    sheets = {name: work / f"{name}.txt" for name in texts.SHEETS}
    civil_affairs.write(sheets, rows, state.month, departments_folder() / "civil_affairs")


def _passed(before: State, after: State, coming: int, changes: int, work: Path) -> dict[str, int]:
    """The day's programs: what changes, and what is then delivered; answers the delivered records."""
    run([*statements(), days.newcomers(before, after, coming), *days.changes(before, after, changes)])
    live = (POLICE, HEALTH)
    held, sheets = {each.name: days.held(after, each) for each in live}, days.sheets(after, after.day)
    files = {INSURED.name: days.fresh(after, INSURED), **sheets}
    truth, delivered = folder.truth(f"records-{after.day}.parquet"), folder.truth(f"day-{after.day}.parquet")
    others = f"SELECT * FROM {texts.known(RECORDS)} WHERE resource NOT IN ('{POLICE.name}', '{HEALTH.name}')"
    newcomers = f"SELECT * FROM ({held[POLICE.name]}) WHERE person >= {before.people + before.newcomers}"
    program = [
        *statements(),
        texts.written(f"{texts.truth(held)} UNION ALL {others}", truth),
        texts.written(f"{days.delivered(after, live, truth)} UNION ALL {texts.truth(files)}", delivered),
        texts.written(police.rows(days.fresh(after, POLICE)), work / "rk.txt", police.TEXT),
        texts.written(police.households(newcomers), work / "hu.txt", police.TEXT),
        *texts.night(files[INSURED.name], work),
        *texts.pages(held[HEALTH.name], work, truth=truth),
        *texts.sheets(sheets, days.partners(after, after.day), work),
        texts.counted(delivered),
    ]
    return _counts(run(program)[-1])


def _mended(before: State, after: State, resource: Resource, file: Path, work: Path, report: Report) -> int:
    """Find the records, render the system as it is with them right, deliver; answers how many they were."""
    report(f"{after.night}：核对退回清单 · reading the list")
    put_right = folder.truth(f"put-right-{after.day}.parquet")
    named = days.put_right(after, resource, file, before.newest(resource))
    try:
        [[count]] = run([texts.written(named, put_right), f"SELECT count(*) FROM read_parquet('{put_right}')"])[-1]
    except EngineRefused as refused:
        raise UnreadableList(file=file.name, why=refused.said) from refused
    if not count:
        raise UnreadableList(file=file.name, why=NOTHING_NAMED)
    report(f"{count:,} 条 · records")
    newest = before.newest(resource) if resource.name in texts.SHEETS else RECORDS
    held = days.records_of(after, resource, newest)
    draft = folder.truth(f"rewritten-{after.day}.parquet")
    others = f"SELECT * FROM {texts.known(newest)} WHERE resource != '{resource.name}'"
    truth = texts.written(f"{texts.truth({resource.name: held})} UNION ALL {others}", draft)
    rows = _counts(
        run([*statements(), truth, *_rendered(after, resource, held, draft, work), texts.counted(draft)])[-1]
    )
    _delivered(after, resource, rows, work)
    _settle(after, {newest: draft})
    return int(count)


def _rendered(state: State, resource: Resource, held: str, truth: Path, work: Path) -> list[str]:
    """The program that writes what this department delivers once a record is right."""
    if resource is POLICE:
        keys = f"SELECT record_key FROM read_parquet('{folder.truth(f'put-right-{state.day}.parquet')}')"
        second = f"(SELECT * FROM {texts.known(RECORDS)} WHERE resource = '{POLICE.name}' AND defect = 'duplicate')"
        gone = f"SELECT record_key FROM {second} SEMI JOIN ({keys}) USING (record_key)"
        return [
            texts.written(police.rows(days.fresh(state, POLICE)), work / "rk.txt", police.TEXT),
            texts.written(gone, work / "gone.txt", police.TEXT),
        ]
    if resource is INSURED:
        return texts.night(held, work)
    if resource is HEALTH:
        return texts.pages(held, work, truth=truth)
    day = state.workbook_day
    return texts.sheets(days.sheets(state, day), days.partners(state, day), work)


def _delivered(state: State, resource: Resource, rows: dict[str, int], work: Path) -> None:
    place = departments_folder()
    if resource is POLICE:
        (work / "hu.txt").touch()
        police.change(work / "rk.txt", work / "hu.txt", work / "gone.txt")
    elif resource is INSURED:
        night = human_resources.Night(state.night, human_resources.WHOLE)
        night.write(work / f"{INSURED.name}.txt", place / "human_resources")
    elif resource is HEALTH:
        _health(work)
    else:
        _civil(state, rows, work)


def _settle(state: State, rewritten: dict[str, Path]) -> None:
    """The day is whole: its truth takes the place of what was true before."""
    for name, draft in rewritten.items():
        draft.replace(folder.truth(name))
    folder.finish(folder.finished() | {"state": asdict(state)})


def _blocks(many: int) -> int:
    if not LEAST <= many <= people.MOST:
        raise TooMany(people=many, least=LEAST, most=people.MOST)
    return -(-many // people.BLOCK) * people.BLOCK


def _counts(answered: Rows) -> dict[str, int]:
    found = {str(name): int(count) for name, count in answered}
    return {name: found.get(name, 0) for name in RESOURCES}


def _said(state: State, built: Built) -> dict[str, Any]:
    """`build.json`: rates are percents of a resource's records before what a person cannot have is left out."""
    percent = {name: {key: rate / 1000 for key, rate in each.planted.rates.items()} for name, each in RESOURCES.items()}
    return {
        "note": "演示数据",
        "people": state.people,
        "seed": state.seed,
        "rows": built.rows,
        "registered_elsewhere": built.registered,
        "percent_planted": percent,
        "dead_and_alive_percent_of_dead": DEAD_AND_ALIVE / 1000,
        "undetectable": list(UNDETECTABLE),
        "nothing_planted": ["residence_registrations", "residence_permits", "senior_cards"],
        "state": asdict(state),
    }
