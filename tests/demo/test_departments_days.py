"""What a day changes in the departments' systems, and what comes home right after a list was returned."""

import csv
import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.demo.test_departments import (
    SHEETS,
    Town,
    insured,
    is_number,
    pages,
    place,
    police,
    sheet,
    shown,
)
from tests.standing import Stand, Standing, stand

from gusu.demo.departments.build import build, correct, next_day
from gusu.demo.departments.errors import NotBuilt, TooMany, UnknownResource, UnreadableList
from gusu.demo.departments.folder import truth
from gusu.demo.departments.systems import RESOURCES

__all__ = ["place", "stand"]
SMALL, SEED = 4_800, 5
COLUMNS = ["position", "record key", "item", "rule", "expected"]


@pytest.fixture(scope="module")
def standing(place: Path, stand: Stand) -> Iterator[Standing]:
    with stand(lambda: nullcontext(build(SMALL, SEED))) as standing:
        yield standing


@pytest.fixture
def small(db: None, place: Path, standing: Standing) -> Iterator[Town]:
    """Put back for each test: days cannot be taken back."""
    with standing.as_built() as built:
        yield Town(place / "departments", "", built.rows)


def returned(town: Town, resource: str, tmp_path: Path, *, keys: bool, name: str = "records") -> Path:
    """A list as the platform gives it: every wrong record, each twice, with a byte order mark."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for record in town.truth(resource, name):
        if record["defect"]:
            line = [record["position"], record["record_key"] if keys else "", record["element"], "rule", "格式，如 1"]
            rows.writerows([line, line])
    (tmp_path / "list.csv").write_text(out.getvalue(), encoding="utf-8-sig")
    return tmp_path / "list.csv"


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of everything that was made from people and seed alone."""
    places = [*folder.rglob("*.csv"), *folder.rglob("*.ctl"), *folder.rglob("*.xlsx"), *folder.rglob("pages/*.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in places}


def test_the_same_people_and_seed_give_the_same_bytes(small: Town) -> None:
    first, rows = files(small.folder), police()
    again = build(SMALL, SEED)

    assert files(small.folder) == first
    assert police() == rows
    assert again.rows == small.rows
    build(SMALL, SEED + 1)
    assert files(small.folder) != first


def test_a_build_that_was_killed_is_none(small: Town) -> None:
    truth("build.json").unlink()

    with pytest.raises(NotBuilt):
        next_day(100)
    assert build(SMALL, SEED).rows == small.rows


@pytest.mark.parametrize("people", [-1, 0, 100, 10**9])
def test_too_many_or_too_few_people_are_refused(place: Path, people: int) -> None:
    with pytest.raises(TooMany):
        build(people, 1)


def test_a_day_changes_as_many_rows_as_it_was_told_in_each_system(small: Town) -> None:
    before = shown(small.folder)
    day = next_day(200)
    after = shown(small.folder)

    for resource, key, told in (("police_residents", "RYBH", 80), ("health_records", "recordNo", 50)):
        was = {row[key]: row for row in before[resource]}
        now = {row[key]: row for row in after[resource]}
        changed = {key for key, row in now.items() if was.get(key) != row}
        assert len(changed) == told == day.rows[resource]
        assert was.keys() <= now.keys()
        assert now.keys() - was.keys()
        assert {record["record_key"] for record in small.truth(resource, "day-1")} == changed
    assert day.rows["insured_persons"] == len(insured(small.folder, "20261124")) == 60
    assert after["insured_persons"] == before["insured_persons"]


def test_what_changed_carries_a_later_time_than_all_before(small: Town) -> None:
    newest, last = max(row["GXSJ"] for row in police()), max(row["updatedAt"] for row in pages(small.folder))
    next_day(200)

    assert sum(row["GXSJ"] > newest for row in police()) == 80
    assert sum(row["updatedAt"] > last for row in pages(small.folder)) == 50
    assert {row["更新日期"] for row in insured(small.folder, "20261124")} == {"2026-11-24"}


def test_the_truth_of_a_day_stands_where_its_records_stand(small: Town) -> None:
    day = next_day(400)
    delta = insured(small.folder, "20261124")
    truth = small.truth("insured_persons", "day-1")

    assert [record["position"] for record in truth] == list(range(2, 2 + len(delta)))
    assert [record["record_key"] for record in truth] == [row["个人编号"] for row in delta]
    whole = {
        "police_residents": [r["RYBH"] for r in police()],
        "health_records": [r["recordNo"] for r in pages(small.folder)],
    }
    for resource, keys in whole.items():
        assert [record["record_key"] for record in small.truth(resource)] == keys
        assert all(keys[one["position"] - 1] == one["record_key"] for one in small.truth(resource, "day-1"))
    for resource in SHEETS:
        assert len(sheet(small.folder, resource, "202611")) == 4 + day.rows[resource] + 2


def test_who_dies_on_a_day_is_struck_off_where_they_stood(small: Town) -> None:
    day = next_day(400)
    dead = {record["person"] for record in small.truth("deaths", "day-1")}
    struck = {record["record_key"] for record in small.truth("police_residents") if record["person"] in dead}
    rows = {row["RYBH"]: row for row in police()}

    assert len(dead) == day.rows["deaths"] == 8
    assert struck
    assert {rows[key]["ZXBS"] for key in struck} == {"1"}


def test_days_follow_each_other_and_are_the_same_for_the_same_seed(small: Town) -> None:
    next_day(200)
    next_day(200)
    first, rows = files(small.folder), police()
    build(SMALL, SEED)
    next_day(200)
    again = next_day(200)

    assert again.day == 2
    assert files(small.folder) == first
    assert police() == rows
    assert "human_resources/参保人员_20261125.csv" in first


@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("resource", list(RESOURCES))
def test_what_a_list_names_comes_home_right(small: Town, resource: str, keys: bool, tmp_path: Path) -> None:
    wrong = [record for record in small.truth(resource) if record["defect"]]
    doubled = sum(record["defect"] == "duplicate" for record in wrong)
    people, planted = small.people(), RESOURCES[resource].planted
    done = correct(resource, returned(small, resource, tmp_path, keys=keys))
    after, now = small.truth(resource), shown_now(small, resource)

    assert done.records == len(wrong)
    assert len(now) == small.rows[resource] - doubled
    assert {record["defect"] for record in after} == {""}
    for record, row in zip(after, now, strict=True):
        person = people[record["person"]]
        assert (row[planted.number], row[planted.name]) == (person["number"], person["name"])
        assert is_number(row[planted.number])


def shown_now(town: Town, resource: str) -> list[dict[str, object]]:
    return insured(town.folder, "20261124") if resource == "insured_persons" else shown(town.folder)[resource]


def test_what_is_put_right_carries_a_new_time_and_a_day_after_keeps_it(small: Town, tmp_path: Path) -> None:
    newest = max(row["GXSJ"] for row in police())
    wrong = [record for record in small.truth("police_residents") if record["defect"]]
    kept = [record for record in wrong if record["defect"] != "duplicate"]
    correct("police_residents", returned(small, "police_residents", tmp_path, keys=True))

    assert sum(row["GXSJ"] > newest for row in police()) == len(kept)
    next_day(200)
    assert {record["defect"] for record in small.truth("police_residents")} <= {""} | set(_fresh(small))


def _fresh(town: Town) -> list[str]:
    """Classes that came with the day's own newcomers."""
    return [record["defect"] for record in town.truth("police_residents") if record["person"] >= SMALL]


def test_a_list_after_a_day_speaks_of_the_newest_delivery(small: Town, tmp_path: Path) -> None:
    next_day(2_000)
    wrong = [record for record in small.truth("insured_persons", "day-1") if record["defect"]]
    done = correct("insured_persons", returned(small, "insured_persons", tmp_path, keys=False, name="day-1"))
    right = {record["record_key"]: record["defect"] for record in small.truth("insured_persons")}

    assert done.records == len(wrong) > 0
    assert {right[record["record_key"]] for record in wrong if record["defect"] != "duplicate"} == {""}
    assert [row["个人编号"] for row in insured(small.folder, "20261125")] == list(right)


@pytest.mark.parametrize("text", ["", "位置,键\n", "position,record key\nx,y\n", "position\n999999999\n", "\x00\xff"])
def test_a_list_that_names_nothing_is_refused_and_nothing_changes(small: Town, text: str, tmp_path: Path) -> None:
    before = files(small.folder)
    (tmp_path / "list.csv").write_bytes(text.encode("latin-1" if "\xff" in text else "utf-8"))

    with pytest.raises(UnreadableList):
        correct("insured_persons", tmp_path / "list.csv")
    with pytest.raises(UnknownResource):
        correct("weather", tmp_path / "list.csv")
    assert files(small.folder) == before
