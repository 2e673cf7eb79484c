"""What the departments hold for services: who is registered elsewhere, tables to write to, people to play."""

import json
import re
from datetime import date, timedelta

import duckdb
import psycopg
import pytest
from tests.demo.test_departments import Row, Town, is_number, place, town

from gusu.demo.departments import folder
from gusu.demo.departments.build import LEAST, build
from gusu.demo.departments.cast import Cast, Player, cast
from gusu.demo.departments.registrations import COLUMNS
from gusu.demo.departments.words import DIVISIONS
from gusu.resources.exchange.connections import connection

__all__ = ["place", "town"]
AS_OF = date(2026, 11, 23)
TABLES = {"police": "huji.jzz", "civil_affairs_cards": "minzheng.ylz"}


def registered() -> list[Row]:
    with psycopg.connect(connection("police")["dsn"], row_factory=psycopg.rows.dict_row) as reader:
        return reader.execute('SELECT * FROM huji.jzdj ORDER BY "DJBH"').fetchall()


def test_who_is_registered_elsewhere_lives_here_and_stands_in_no_household_register(town: Town) -> None:
    people = {person["number"]: person for person in town.people().values()}
    here = {record["person"] for record in town.truth("police_residents")}
    counties = {line.split(",")[0] for line in DIVISIONS.read_text().splitlines() if ",county," in line}

    rows = registered()

    assert tuple(rows[0]) == COLUMNS
    assert 0.015 < len(rows) / len(people) < 0.03
    for row in rows:
        person = people[row["GMSFHM"]]
        assert (row["XM"], row["XB"], row["JZDZ"]) == (person["name"], str(person["sex"]), person["address"])
        assert (person["person"] in here, person["permit"], person["died"]) == (False, False, None)
        assert row["HJD"] in counties
        assert not row["HJD"].startswith("3205")
        assert re.fullmatch(r"100\d{8}", row["LXDH"])
    elsewhere = [one for one in people.values() if one["person"] not in here and not one["permit"] and not one["died"]]
    assert len(elsewhere) == len(rows)


def test_most_have_lived_here_for_half_a_year_and_some_have_not(town: Town) -> None:
    since = [date.fromisoformat(row["DJRQ"]) for row in registered()]

    lately = [day for day in since if day > AS_OF - timedelta(days=183)]
    assert max(since) <= AS_OF
    assert 0.05 < len(lately) / len(since) < 0.3


def test_nothing_is_planted_among_them_and_the_build_says_so(town: Town) -> None:
    said = json.loads((town.folder / "truth" / "build.json").read_text())

    assert "residence_registrations" in said["nothing_planted"]
    assert said["registered_elsewhere"] == len(registered())
    assert all(is_number(row["GMSFHM"]) for row in registered())


@pytest.mark.parametrize("department", TABLES)
def test_what_was_issued_may_be_written_there_and_nothing_else_touched(department: str, town: Town) -> None:
    table = TABLES[department]
    write = "police_write" if department == "police" else f"{department}_write"
    key = "JZZH" if department == "police" else "YLZH"
    row = f"""INSERT INTO {table} ("{key}", "GMSFHM", "XM", "QFRQ", "BJBH") VALUES ('1', '', '', '2026-11-24', '1')"""

    with psycopg.connect(connection(department)["dsn"], autocommit=True) as reader:
        assert reader.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(row)  # type: ignore[arg-type]
    with psycopg.connect(connection(write)["dsn"], autocommit=True) as writer:
        forbidden = [f"DELETE FROM {table}", f"TRUNCATE {table}", f"DROP TABLE {table}", "CREATE SCHEMA mine"]
        for statement in [*forbidden, *(["SELECT * FROM huji.rk"] if department == "police" else [])]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(statement)  # type: ignore[arg-type]
        with writer.transaction(force_rollback=True):
            assert writer.execute(row).rowcount == 1  # type: ignore[arg-type]


def test_an_elder_a_worker_and_a_mother_with_her_child_are_found_and_nothing_is_wrong_with_them(town: Town) -> None:
    people = {person["number"]: person for person in town.people().values()}
    records = duckdb.sql(f"SELECT person, resource, defect FROM '{folder.truth('records.parquet')}'").fetchall()

    found = cast()

    elder, worker, mother, child = map(_whole, (found.elder, found.worker, found.mother, found.child))
    for player in (elder, worker, mother, child):
        person = people[player.number]
        held = {resource for whose, resource, _ in records if whose == person["person"]}
        assert (player.name, player.phone, person["died"]) == (person["name"], person["phone"], None)
        assert {defect for whose, _, defect in records if whose == person["person"]} == {""}
        assert ("police_residents" in held) == (player is not worker)
        assert player is child or held & {"insured_persons", "health_records"}
    assert people[elder.number]["birth"] < date(1961, 1, 1)
    assert mother.household == child.household
    assert (people[mother.number]["sex"], people[mother.number]["relation"] in ("02", "12")) == (2, True)
    assert (people[child.number]["birth"] > date(2013, 11, 23), people[child.number]["relation"] in ("20", "30")) == (
        True,
        True,
    )
    [row] = [row for row in registered() if row["GMSFHM"] == worker.number]
    assert date.fromisoformat(row["DJRQ"]) < AS_OF - timedelta(days=200)
    [line] = [line for line in _insured(town) if f",{worker.number}," in line]
    assert "正常参保" in line
    assert ",," not in line  # an employer too
    assert cast() == found


def test_a_city_too_small_has_nobody_to_play_and_says_so(place: object) -> None:
    build(LEAST, 1)

    found = cast()

    assert isinstance(found, Cast)
    assert found.worker is None or found.worker.number in {row["GMSFHM"] for row in registered()}


def _whole(player: Player | None) -> Player:
    assert player is not None
    return player


def _insured(town: Town) -> list[str]:
    file = town.folder / "human_resources" / "参保人员_20261123.csv"
    return file.read_bytes().decode("gb18030").splitlines()
