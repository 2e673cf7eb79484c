"""The data thread as a data officer meets it: what is wrong goes back and comes home corrected; a value is explained.

A city with invented departments: a household register in PostgreSQL, a nightly GB 18030 file, a workbook, a service.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import axe, shot
from tests.stories.running import City, cells, messages, path_of, running_city

PEOPLE = 1_000
INSURED = "/official/exchanges/insured_persons"


@pytest.fixture(scope="module")
def people(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("people"), browser, "--people", str(PEOPLE)) as city:
        yield city


def test_a_data_officer_sends_back_what_is_wrong_and_it_comes_home_corrected(people: City, tmp_path: Path) -> None:
    with people.visit("data", at=f"{INSURED}/1") as page:
        kept_out = number_of(page, "隔离")
        assert kept_out > 0
        with page.expect_download() as download:
            page.get_by_role("link", name="下载问题清单（返回部门）").click()
        returned = tmp_path / "returned.csv"
        download.value.save_as(returned)
        _header, *rows = list(csv.reader(io.StringIO(returned.read_text(encoding="utf-8-sig"))))
        assert len({row[0] for row in rows if row[5].startswith("问题数据")}) == kept_out

        people.command("demo", "--correct", "insured_persons", str(returned))
        people.go(page, "/official/exchanges")
        page.locator(f"form[action$='{INSURED}/receipt']").first.get_by_role("button").click()
        page.wait_for_url(f"**{INSURED}/2")
        people.wait_for_road()
        people.go(page, f"{INSURED}/2")

        assert number_of(page, "隔离") == 0
        assert page.locator(".tag", has_text="已入库").count() > 0


def test_a_value_says_where_it_comes_from_and_the_look_leaves_a_line(people: City) -> None:
    people.wait_for_road()
    [(name,)] = people.sql("SELECT name FROM subjects_population WHERE won[1] > 0 ORDER BY subject LIMIT 1")
    [(before,)] = people.sql("SELECT count(*) FROM kernel_auditline WHERE verb = 'subjects.facts_about'")

    with people.visit("data", at="/official/exchanges") as page:
        page.get_by_role("link", name="人口基础信息库").click()
        page.locator("select[name=element]").select_option("person.name")
        page.get_by_label("完整内容").fill(str(name))
        page.get_by_role("button", name="查找", exact=True).click()
        if page.get_by_role("heading", level=1).inner_text() != "金色记录":
            page.get_by_role("region", name="查找结果").get_by_role("link").first.click()

        facts = {row[0]: row[1:] for row in cells(page, "金色记录")}
        assert facts["姓名"][0] == name
        assert str(name) not in path_of(page)
        axe(page)
        shot(page, "golden-record")
    [(after,)] = people.sql("SELECT count(*) FROM kernel_auditline WHERE verb = 'subjects.facts_about'")
    assert after == int(str(before)) + 1


def test_nobody_is_found_by_part_of_a_number(people: City) -> None:
    with people.visit("data", at="/official/bases/population") as page:
        axe(page)
        shot(page, "base-register")
        page.get_by_label("完整内容").fill("3205")
        page.get_by_role("button", name="查找", exact=True).click()

        assert page.get_by_text("本库中没有与此完全一致的主体").is_visible()
        assert "3205" not in path_of(page)
        assert messages(page) == []


def number_of(page: Page, label: str) -> int:
    """The figure that stands over a word."""
    return int(page.locator(".stat", has_text=label).locator(".stat-value").inner_text().replace(",", ""))
