"""The real divisions, travelled once: facts anyone can look up, and finding them by any part of a name."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.city import City, city, city_database

from gusu.kernel.actor import house
from gusu.kernel.packs import PACKAGED
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.queries import exchange_of
from gusu.resources.quality.actions import check_batch
from gusu.resources.registers import queries
from gusu.resources.registers.actions import merge_register

__all__ = ["city", "city_database"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
D, BY = "divisions", house("tests")


def whole(code: str) -> str:
    return queries.full_key(D, code)


def names(versions: list[queries.Version]) -> list[str]:
    return [version.label for version in versions]


def every_page(asked: str) -> list[queries.Version]:
    found: list[queries.Version] = []
    while page := queries.search(D, asked, after=found[-1].id if found else 0):
        found += page
    return found


def kept(condition: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, name FROM register_divisions WHERE known_to IS NULL AND {condition}", values)
        return cursor.fetchall()


def test_pingjiang_became_part_of_gusu_in_2012() -> None:
    [change] = queries.became(D, whole("320503"))

    assert (change.moment.year, change.before_label, change.after_key, change.after_label) == (
        2012,
        "平江区",
        whole("320508"),
        "姑苏区",
    )


def test_320586_was_wuxian_city_in_1998() -> None:
    assert names(queries.versions_at(D, whole("320586"), on=date(1998, 6, 1))) == ["吴县市"]


def test_a_community_has_its_path() -> None:
    assert names(queries.path(D, "320505001002"))[:3] == ["江苏省", "苏州市", "虎丘区"]
    assert [version.key for version in queries.path(D, "320505001002")] == [
        "320000000000",
        "320500000000",
        "320505000000",
        "320505001000",
        "320505001002",
    ]


def test_a_value_that_is_a_key_reads_as_the_name_it_has_there() -> None:
    read = queries.readings(elements(["person.native_place", "person.division", "person.sex", "person.name"]))

    assert read["person.native_place"]["320508"] == Text("江苏省苏州市姑苏区", "江苏省苏州市姑苏区")
    assert read["person.native_place"]["320503"].zh == "江苏省苏州市平江区"  # it no longer is
    assert read["person.division"]["320505001002"].zh.startswith("江苏省苏州市虎丘区")
    assert "990000" not in read["person.native_place"]
    assert read["person.sex"]["1"].zh == "男性"
    assert "person.name" not in read


def test_kunshan_went_through_four_codes() -> None:
    changes = queries.became(D, whole("322726"))

    assert [change.after_key for change in changes][:1] == [whole("320523")]
    assert whole("320583") in [change.after_key for change in changes]
    assert names(queries.versions_at(D, whole("322726"), on=date(1982, 1, 1))) == ["昆山县"]
    assert names(queries.versions_at(D, whole("320583"), on=date(2020, 1, 1))) == ["昆山市"]


def test_old_names_are_found() -> None:
    found = names(every_page("吴县"))

    assert {"吴县", "吴县市"} <= set(found)
    assert [label for label in found if "吴县" not in label] == []


def test_any_part_of_any_name_finds_every_row_that_has_it_and_no_other() -> None:
    chance = random.Random(5717)
    every = [label for _, label in kept("true")]
    for _ in range(60):
        label = chance.choice(every)
        start = chance.randrange(len(label))
        part = label[start : start + chance.randint(1, 4)]
        if part.isascii() and part.isdigit():
            continue
        wanted = {found for found, _ in kept("position(%s IN name) > 0", part)}

        found: list[queries.Version] = queries.search(D, part, limit=100_000)

        assert ({version.id for version in found} ^ wanted, part) == (set(), part)


def test_paging_gives_each_row_once() -> None:
    pages = every_page("社区")
    found = [version.id for version in pages]

    assert len(found) > 3 * queries.PAGE
    assert sorted((version.key, version.id) for version in pages) == [(version.key, version.id) for version in pages]
    assert set(found) == {found for found, _ in kept("name LIKE %s", "%社区%")}
    assert len(set(found)) == len(found)


def test_a_name_is_found_by_the_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM register_divisions WHERE known_to IS NULL "
            "AND gusu_tokens(name, false) @> gusu_tokens('吴县', true)"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Bitmap Index Scan on register_divisions_name_words" in plan


def test_spans_of_one_code_and_name_never_overlap() -> None:
    assert (
        kept(
            "EXISTS (SELECT 1 FROM register_divisions o WHERE o.known_to IS NULL AND o.key = register_divisions.key "
            "AND o.name = register_divisions.name AND o.id <> register_divisions.id AND "
            "daterange(o.valid_from, o.valid_to) && "
            "daterange(register_divisions.valid_from, register_divisions.valid_to))"
        )
        == []
    )


def test_every_position_is_one_of_the_file_its_batch_names() -> None:
    """The number in the file's own row is the key, or the key on one side of the change."""
    files = {"divisions": "divisions.csv", "division_changes": "changes.csv"}
    lines = {
        resource: (PACKAGED / "divisions/data" / file).read_text(encoding="utf-8").splitlines()
        for resource, file in files.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.key, r.name, r.position, e.resource FROM register_divisions r "
            "JOIN resources_batch b ON b.id = r.batch JOIN resources_exchange e ON e.id = b.exchange_id "
            "WHERE r.known_to IS NULL AND r.position IS NOT NULL"
        )
        rows = cursor.fetchall()
    wrong = [row for row in rows if row[0] not in (line := lines[row[3]][row[2] - 1]) or row[1] not in line]

    assert len(rows) > 5000
    assert wrong == []


def test_a_corrected_file_changes_only_what_differs_and_the_old_edition_still_answers(tmp_path: Path) -> None:
    register = queries.register_of(D)
    before = queries.newest_edition(D)
    assert before is not None
    text = (PACKAGED / "divisions/data/divisions.csv").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("320505001002"))
    name = line.split(",")[1]
    (tmp_path / "corrected.csv").write_text(text.replace(line, line.replace(name, "更正社区")), encoding="utf-8")

    batch = open_batch(exchange_of(D), by=BY, source=str(tmp_path / "corrected.csv"))
    receive_batch(batch, by=BY)
    check_batch(batch, by=BY)
    assert merge_register(register, by=BY) is True
    assert merge_register(register, by=BY) is False

    edition = queries.newest_edition(D)
    assert edition is not None
    assert (edition.number, edition.added, edition.closed) == (before.number + 1, 1, 1)
    assert edition.digest != before.digest
    assert names(queries.versions_of(D, "320505001002")) == ["更正社区"]
    assert names(queries.versions_of(D, "320505001002", known=before.number)) == [name]


def test_the_same_files_again_change_nothing() -> None:
    before = queries.newest_edition(D)
    for code in ("divisions", "division_changes"):
        batch = open_batch(exchange_of(code), by=BY)
        receive_batch(batch, by=BY)
        batch.refresh_from_db()
        assert batch.state == "unchanged"

    assert merge_register(queries.register_of(D), by=BY) is False
    assert queries.newest_edition(D) == before


@pytest.mark.parametrize(
    ("few", "many"),
    [
        (lambda: queries.search(D, "平江"), lambda: queries.search(D, "社区")),
        (lambda: queries.versions_of(D, whole("320503")), lambda: queries.versions_of(D, whole("152725"))),
        (lambda: queries.children(D, "320505001002"), lambda: queries.children(D, None)),
        (lambda: queries.changes_of(D, whole("320503")), lambda: queries.changes_of(D, whole("500101"))),
    ],
)
def test_a_list_asks_the_same_number_of_questions_however_long(few: Any, many: Any) -> None:
    counts = []
    for ask in (few, many):
        with CaptureQueriesContext(connection) as asked:
            ask()
        counts.append(len(asked))

    assert len(few()) < len(many())
    assert counts[0] == counts[1]


def test_signs_mean_themselves_in_a_search(city: City) -> None:
    assert [queries.search(D, asked) for asked in ("%", "_", "\\", "   ", "　")] == [[], [], [], [], []]
    assert names(queries.search(D, "吴县　市")) == names(queries.search(D, "吴县 市")) != []
