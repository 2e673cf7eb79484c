"""Checking a batch: every row is passed or kept out, once; what is kept are counts and positions."""

from pathlib import Path
from typing import Any

import pytest
from tests.resources.road import BY, HEADING, check, declare, receive, rule

from gusu.kernel.engine import duck
from gusu.kernel.lake import files
from gusu.resources.catalogue.models import Entry
from gusu.resources.quality.actions import check_batch
from gusu.resources.quality.errors import FindingsGone
from gusu.resources.quality.kinds import Format, InForce, MostKeptOut, Present, Reference, Unique
from gusu.resources.quality.queries import kept_out_files, measured, quarantine, returned

pytestmark = pytest.mark.django_db


def body(*rows: str) -> bytes:
    return HEADING + b"\n" + "\n".join(rows).encode() + b"\n"


def test_passed_and_quarantined_add_up_to_all_rows(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,", "x,b,", "x,,", "2,c,", "2,c,"))
    rule("p.form", Format("code", r"\d+"))
    rule("p.there", Present(["name"]), element="name")
    rule("p.once", Unique(["code"]), severity="notice")

    batch = check(receive(declare(), tmp_path / "x.csv"))

    assert (batch.state, batch.checked.rows, batch.checked.passed, batch.checked.quarantined) == ("checked", 5, 3, 2)
    assert [(row.position, row.rule, row.element) for row in quarantine(batch)] == [
        (3, "p.form", "code"),
        (4, "p.form", "code"),
        (4, "p.there", "name"),
    ]
    results = batch.checked.results.order_by("rule")
    assert [(result.rule, result.failed, result.samples) for result in results] == [
        ("p.form", 2, [3, 4]),
        ("p.once", 4, [3, 4, 5, 6]),
        ("p.there", 1, [4]),
    ]
    [positions] = duck.run([f"SELECT _position FROM {duck.files(kept_out_files(batch))} ORDER BY 1"])
    assert positions == [[3], [4]]
    assert measured(["people"])["people"].share == 0.6


def test_every_failure_is_in_the_lake_notices_too_and_goes_back_as_a_list(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,", "x,=b,", "2,c,", "2,c,"))
    rule("p.form", Format("code", r"\d+"))
    rule("p.once", Unique(["code"], keep="first"), severity="notice", element="=code")
    batch = check(receive(declare(key="code"), tmp_path / "x.csv"))

    [findings] = duck.run([f"SELECT * FROM {duck.files(files.paths('people.findings', '000001'))} ORDER BY ALL"])
    lines = b"".join(returned(batch)).decode("utf-8-sig").splitlines()

    assert findings == [[3, "p.form"], [5, "p.once"]]
    assert lines == [
        "位置 position,记录编号 record,信息项 item,规则 rule,应为 expected,级别 severity",
        "3,x,code,p.form,规则p.form · Rule p.form,问题数据 · quarantine",
        "5,2,'=code,p.once,规则p.once · Rule p.once,提示 · notice",
    ]


def test_the_list_names_no_record_by_a_key_that_is_personal(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("3205,a,"))
    rule("p.form", Format("code", "[a-z]"))
    exchange = declare(key="code")
    Entry.objects.update(items=[item | {"grade": 3} for item in Entry.objects.get().items])

    lines = b"".join(returned(check(receive(exchange, tmp_path / "x.csv")))).decode("utf-8-sig").splitlines()

    assert lines[1] == "2,,code,p.form,规则p.form · Rule p.form,问题数据 · quarantine"


def test_a_batch_whose_files_are_gone_has_no_list(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,"))
    batch = receive(declare(), tmp_path / "x.csv")

    with pytest.raises(FindingsGone):
        returned(batch)


@pytest.mark.parametrize(("declared", "alarm"), [(None, True), (0.5, False), (0.3, True)])
def test_a_batch_of_which_too_much_is_kept_out_is_checked_with_an_alarm(
    declared: float | None, alarm: bool, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,", "x,b,", "3,c,"))
    rule("p.form", Format("code", r"\d+"))
    if declared is not None:
        rule("p.most", MostKeptOut(declared), severity="notice")

    batch = check(receive(declare(), tmp_path / "x.csv"))

    assert (batch.state, batch.checked.quarantined, batch.checked.alarm) == ("checked", 1, alarm)


def test_a_rule_about_a_resource_that_has_not_arrived_is_not_said_to_hold(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,"))
    rule("p.known", Reference("code", "code", resource="others"))

    batch = check(receive(declare(), tmp_path / "x.csv"))

    assert list(batch.checked.results.values_list("rule", flat=True)) == []


def test_a_batch_is_checked_once(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,"))
    batch = check(receive(declare(), tmp_path / "x.csv"))

    assert check_batch(batch, by=BY) is False


def test_without_rules_every_row_passes(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("1,a,", "2,b,"))

    batch = check(receive(declare(), tmp_path / "x.csv"))

    assert (batch.checked.passed, batch.checked.quarantined, kept_out_files(batch) != []) == (2, 0, True)


def test_a_year_that_is_no_number_stops_no_check(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(body("a,b,1999", "a,c,19x9", "a,c,2001"))
    rule("p.force", InForce(["code"], ["name"], "note"))

    batch = check(receive(declare(), tmp_path / "x.csv"))

    assert [row.position for row in quarantine(batch)] == [4]


def test_the_quarantine_asks_as_much_for_thirty_as_for_one(tmp_path: Path, django_assert_num_queries: Any) -> None:
    exchange = declare()
    rule("p.form", Format("code", r"\d+"))
    for count in (1, 30):
        (tmp_path / "x.csv").write_bytes(body(*(f"x,{number}," for number in range(count))))
        batch = check(receive(exchange, tmp_path / "x.csv"))
        with django_assert_num_queries(1):
            assert len([(row.position, row.rule) for row in quarantine(batch)]) == count
