"""The demonstration city's departments: their own systems read as a stranger would, against the truth beside them."""

import csv
import hashlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker
from python_calamine import CalamineWorkbook

from gusu.demo.departments.build import build
from gusu.demo.departments.defects import CLASSES, UNDETECTABLE
from gusu.demo.departments.systems import RESOURCES
from gusu.demo.departments.words import DIVISIONS, words
from gusu.resources.exchange.connections import connection

PEOPLE, SEED = 24_000, 11
SHEETS = {"elderly": "高龄老人", "deaths": "死亡登记", "marriages": "婚姻登记"}
WEIGHTS, CHECKS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], "10X98765432"
Row = dict[str, Any]


@dataclass(frozen=True)
class Town:
    """What one build left."""

    folder: Path
    keys: str
    rows: dict[str, int]

    def truth(self, resource: str = "", name: str = "records") -> list[Row]:
        file = self.folder / "truth" / f"{name}.parquet"
        found = duckdb.sql(f"SELECT * FROM read_parquet('{file}') WHERE resource = '{resource}' ORDER BY position")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def people(self) -> dict[int, Row]:
        found = duckdb.sql(f"SELECT * FROM read_parquet('{self.folder}/truth/people.parquet')")
        return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any) -> Iterator[Path]:
    """A data folder and keys of this module's own, and leave to reach the database's server."""
    data = tmp_path_factory.mktemp("departments")
    before, keys = settings.DATA, os.environ["GUSU_KEYS"]
    settings.DATA, os.environ["GUSU_KEYS"] = data / "data", str(data / "keys")
    with django_db_blocker.unblock():
        yield data / "data"
    settings.DATA, os.environ["GUSU_KEYS"] = before, keys


@pytest.fixture(scope="module")
def town(place: Path) -> Town:
    built = build(PEOPLE, SEED)
    return Town(place / "departments", os.environ["GUSU_KEYS"], built.rows)


def police() -> list[Row]:
    """All rows in the order of their key, read as the reader."""
    with psycopg.connect(connection("police")["dsn"], row_factory=psycopg.rows.dict_row) as reader:
        return reader.execute('SELECT * FROM huji.rk ORDER BY "RYBH"').fetchall()


def insured(folder: Path, day: str = "20261123") -> list[Row]:
    file = folder / "human_resources" / f"参保人员_{day}.csv"
    return list(csv.DictReader(file.read_bytes().decode("gb18030").splitlines()))


def sheet(folder: Path, resource: str, month: str = "202610") -> list[list[Any]]:
    book = CalamineWorkbook.from_path(folder / "civil_affairs" / f"民政月报_{month}.xlsx")
    return book.get_sheet_by_name(SHEETS[resource]).to_python(skip_empty_area=False)


def pages(folder: Path) -> list[Row]:
    files = sorted((folder / "health" / "pages").glob("*.json"))
    return [record for file in files for record in json.loads(file.read_bytes())["records"]]


def shown(folder: Path) -> dict[str, list[Row]]:
    """Every record of every system by its own reader, first to last; headed by its own words."""
    found: dict[str, list[Row]] = {
        "police_residents": police(),
        "insured_persons": insured(folder),
        "health_records": pages(folder),
    }
    for resource, wanted in (("elderly", 8), ("deaths", 6), ("marriages", 7)):
        cells = sheet(folder, resource)
        heads = [lower or upper for upper, lower in zip(cells[2][:wanted], cells[3][:wanted], strict=True)]
        found[resource] = [dict(zip(heads, row, strict=False)) for row in cells[4:-2]]
    return found


def is_number(text: str) -> bool:
    """GB 11643, told independently."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return False
    date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False)) % 11] == text[17]


def test_the_shares_of_the_systems_are_as_declared(town: Town) -> None:
    total = sum(town.rows.values())
    civil = sum(town.rows[name] for name in SHEETS)
    shares = [town.rows["police_residents"], town.rows["insured_persons"], civil, town.rows["health_records"]]

    assert [abs(100 * rows / total - told) < 1 for rows, told in zip(shares, (40, 30, 5, 25), strict=True)] == [
        True
    ] * 4


def test_every_number_is_right_its_own_and_of_nobody_real(town: Town) -> None:
    people = town.people().values()
    numbers = [person["number"] for person in people]
    codes = {line.split(",")[0][:6] for line in DIVISIONS.read_text().splitlines()}
    codes |= {
        cell[:6] for line in (DIVISIONS.parent / "changes.csv").read_text().splitlines() for cell in line.split(",")
    }

    assert len(set(numbers)) == len(numbers) == PEOPLE
    assert all(is_number(number) for number in numbers)
    assert all(900 <= int(number[14:17]) <= 995 for number in numbers)
    assert all(int(person["number"][16]) % 2 == person["sex"] % 2 for person in people)
    assert all(f"{person['birth']:%Y%m%d}" == person["number"][6:14] for person in people)
    assert {number[:6] for number in numbers} - codes <= {"810000", "820000", "830000"}
    assert {str(code) for code in words().issuers()} <= codes


def test_every_address_says_it_is_invented_and_no_telephone_rings(town: Town) -> None:
    people = town.people().values()

    assert all("演示" in person["address"] for person in people)
    assert all(re.fullmatch(r"100\d{8}", person["phone"]) for person in people)


def test_a_household_has_one_head_and_children_after_their_mothers(town: Town) -> None:
    homes: dict[int, list[Row]] = {}
    for person in town.people().values():
        homes.setdefault(person["household"], []).append(person)

    assert all(1 <= len(members) <= 6 for members in homes.values())
    assert all(sum(member["relation"] == "02" for member in members) == 1 for members in homes.values())
    for members in homes.values():
        head = next(member for member in members if member["relation"] == "02")
        children = [member for member in members if member["relation"] in ("20", "30")]
        assert all(child["birth"] > head["birth"] + timedelta(days=16 * 365) for child in children)


def test_the_truth_stands_where_each_record_stands(town: Town) -> None:
    people, read = town.people(), shown(town.folder)
    keys = {"police_residents": "RYBH", "insured_persons": "个人编号", "health_records": "recordNo"}

    for resource, rows in read.items():
        truth, planted = town.truth(resource), RESOURCES[resource].planted
        first = {"insured_persons": 2, "elderly": 5, "deaths": 5, "marriages": 5}.get(resource, 1)
        assert [record["position"] for record in truth] == list(range(first, first + len(rows)))
        for record, row in zip(truth, rows, strict=True):
            person = people[record["person"]]
            assert resource not in keys or row[keys[resource]] == record["record_key"]
            if record["defect"] in ("", "duplicate"):
                assert (row[planted.number], row[planted.name]) == (person["number"], person["name"])


def test_each_class_shows_where_the_truth_says_and_nowhere_else(town: Town) -> None:
    people, read = town.people(), shown(town.folder)
    abolished = set(words().abolished.values())

    for resource, rows in read.items():
        planted = RESOURCES[resource].planted
        for record, row in zip(town.truth(resource), rows, strict=True):
            person, number, name = people[record["person"]], row[planted.number], row[planted.name]
            broken = {
                "wrong_check_digit": re.fullmatch(r"[0-9]{17}[0-9X]", number) is not None and not is_number(number),
                "fifteen_digits": re.fullmatch(r"[0-9]{15}", number) is not None,
                "full_width": any("０" <= sign <= "９" for sign in number + str(row.get(planted.phone, ""))),
                "name_blanks": re.search(r"[ 　・•.]", name) is not None,
                "missing": number == "" or name == "",
                "plausible_number": is_number(number) and number != person["number"],
                "old_division": planted.division != "" and row[planted.division][:6] in abolished,
                "wrong_birth": _birth(row, planted.birth) not in ("", f"{person['birth']:%Y%m%d}")
                and record["defect"] != "date_form",
            }
            said = {name for name, seen in broken.items() if seen}
            assert said == ({record["defect"]} & broken.keys()), (resource, record["position"])


def _birth(row: Row, column: str) -> str:
    told = row.get(column, "")
    return re.sub(r"\D", "", told.isoformat() if isinstance(told, date) else str(told))[:8]


def test_each_class_has_its_rate(town: Town) -> None:
    for resource in ("police_residents", "insured_persons", "health_records"):
        truth = town.truth(resource)
        counts = Counter(record["defect"] for record in truth)
        classes = [name for name in counts if name]
        assert len(classes) >= 12
        assert all(0.1 <= 100 * counts[name] / len(truth) <= 1.3 for name in classes)


def test_what_no_rule_can_find_is_said(town: Town) -> None:
    said = json.loads((town.folder / "truth" / "build.json").read_text())

    assert said["undetectable"] == list(UNDETECTABLE)
    assert set(UNDETECTABLE) < set(CLASSES)
    assert (said["people"], said["seed"]) == (PEOPLE, SEED)


def test_only_a_record_that_keeps_its_number_is_recoverable(town: Town) -> None:
    people, read = town.people(), shown(town.folder)

    for resource, rows in read.items():
        planted = RESOURCES[resource].planted
        for record, row in zip(town.truth(resource), rows, strict=True):
            plain = row[planted.number].translate(str.maketrans("０１２３４５６７８９Ｘ", "0123456789X"))
            number = people[record["person"]]["number"]
            assert record["number_recoverable"] == (plain in (number, number[:6] + number[8:17]))


def test_the_dead_who_live_elsewhere_are_registered_as_dead_and_alive_nowhere_else(town: Town) -> None:
    people, read = town.people(), shown(town.folder)
    dead = {record["person"] for record in town.truth("deaths")}

    for resource, alive in (("police_residents", {"ZXBS": "0"}), ("insured_persons", {"参保状态": "正常参保"})):
        for record, row in zip(town.truth(resource), read[resource], strict=True):
            lives = all(row[column] == value for column, value in alive.items())
            if record["person"] in dead:
                assert lives == (record["defect"] == "dead_and_alive")
    assert {person for person, row in people.items() if row["died"]} == dead


def test_residents_of_the_regions_are_no_defect_and_not_in_the_household_register(town: Town) -> None:
    permits = {person for person, row in town.people().items() if row["permit"]}

    assert 0.005 < len(permits) / PEOPLE < 0.015
    assert not permits & {record["person"] for record in town.truth("police_residents")}
    assert permits & {record["person"] for record in town.truth("insured_persons")}
    assert permits & {record["person"] for record in town.truth("health_records")}


def test_characters_outside_the_bmp_survive_in_all_systems(town: Town) -> None:
    people = town.people()
    rare = {person for person, row in people.items() if any(ord(sign) > 0xFFFF for sign in row["name"])}
    seen = {
        resource: sum(any(ord(sign) > 0xFFFF for sign in str(row[RESOURCES[resource].planted.name])) for row in rows)
        for resource, rows in shown(town.folder).items()
    }

    assert 0.001 < len(rare) / PEOPLE < 0.006
    assert all(seen[resource] for resource in ("police_residents", "insured_persons", "health_records"))
    assert seen["elderly"] + seen["deaths"] + seen["marriages"] > 0


def test_the_nightly_file_is_what_its_control_file_says(town: Town) -> None:
    file = town.folder / "human_resources" / "参保人员_20261123.csv"
    lines = file.with_suffix(".ctl").read_bytes().decode("gb18030").splitlines()
    said = dict(line.split("=", 1) for line in lines)

    assert said["SHA256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert int(said["字节数"]) == file.stat().st_size
    assert int(said["记录数"]) == town.rows["insured_persons"] == file.read_bytes().count(b"\r\n") - 1
    assert said["方式"] == "全量"


def test_the_workbook_has_title_heading_and_footnotes(town: Town) -> None:
    for resource, title in SHEETS.items():
        cells = sheet(town.folder, resource)
        assert cells[0][0] == f"苏州市民政月报·{title}（演示数据）"
        assert cells[2][0] == "序号"
        assert [row[0][:2] for row in cells[-2:]] == ["注：", "注："]
        assert len(cells) == 4 + town.rows[resource] + 2


def test_the_reader_of_the_police_may_read_and_nothing_more(town: Town) -> None:
    with psycopg.connect(connection("police")["dsn"]) as reader:
        assert reader.execute("SELECT count(*) FROM huji.rk").fetchone() == (town.rows["police_residents"],)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM huji.rk")


def test_all_is_closed_to_others(town: Town) -> None:
    assert stat.S_IMODE(town.folder.stat().st_mode) == 0o700


@pytest.fixture
def service(town: Town) -> Iterator[str]:
    """The health department's process, as the supervisor starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "gusu.demo.departments.health", "--port", str(port), "--folder", str(town.folder / "health")]
    child = subprocess.Popen([sys.executable, *words], env=os.environ | {"PYTHONPATH": "src"})
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/api/records"
    child.terminate()
    child.wait(10)


def asked(url: str, token: str) -> Row:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: Row = json.loads(answer.read())
    return found


def test_the_service_gives_every_page_to_who_has_the_token(town: Town, service: str) -> None:
    token = connection("health")["token"]
    first = asked(f"{service}?page=1&size=5000", token)
    records = [
        record
        for page in range(1, first["pages"] + 1)
        for record in asked(f"{service}?page={page}&size=5000", token)["records"]
    ]

    assert first["total"] == len(records) == town.rows["health_records"]
    assert records == pages(town.folder)


@pytest.mark.parametrize(
    ("query", "token", "status"),
    [
        ("page=1", "wrong", 401),
        ("page=1", "", 401),
        ("page=99999", None, 404),
        ("page=x", None, 400),
        ("page=1&size=7", None, 400),
    ],
)
def test_the_service_refuses_what_it_must(town: Town, service: str, query: str, token: str | None, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(f"{service}?{query}", connection("health")["token"] if token is None else token)

    assert refused.value.code == status
    refused.value.close()


@pytest.mark.parametrize("since", ["2026-11-20T00:00:00+08:00", "2026-11-01T00:00:00Z", "2024-01-01T00:00:00+08:00"])
def test_since_gives_all_that_changed_then_or_later(town: Town, service: str, since: str) -> None:
    token, query = connection("health")["token"], urllib.parse.urlencode({"since": since, "size": 5000})
    first = asked(f"{service}?{query}", token)
    found = [
        r for page in range(1, first["pages"] + 1) for r in asked(f"{service}?{query}&page={page}", token)["records"]
    ]
    moment = f"{since[:10]}T{'08' if since.endswith('Z') else '00'}:00:00+08:00"
    expected = [record for record in pages(town.folder) if record["updatedAt"] >= moment]

    assert sorted(record["recordNo"] for record in found) == sorted(record["recordNo"] for record in expected)
    assert [record["updatedAt"] for record in found] == sorted(record["updatedAt"] for record in found)
