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
from tests.stories.running import City, messages, path_of, running_city

from gusu.kernel.ids import spelled

PEOPLE = 1_000
DEAD_AND_REGISTERED = "已登记死亡，户籍未注销"
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
    [(name,)] = people.sql("SELECT name FROM subjects_population WHERE substr(won, 2, 1) = 'A' LIMIT 1")
    [(before,)] = people.sql("SELECT count(*) FROM kernel_auditline WHERE verb = 'subjects.facts_about'")

    with people.visit("data", at="/official/exchanges") as page:
        page.get_by_role("link", name="人口基础信息库").click()
        page.locator("select[name=element]").select_option("person.name")
        page.get_by_label("完整内容").fill(str(name))
        page.get_by_role("button", name="查找", exact=True).click()
        if page.get_by_role("heading", level=1).inner_text() != "黄金记录":
            page.get_by_role("region", name="查找结果").get_by_role("link").first.click()

        assert values(page)["姓名"] == name
        assert page.locator(".summary > div", has_text="姓名").locator("small").inner_text().endswith("公安户籍")
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


def test_a_doubt_is_marked_at_its_value_and_goes_back_to_its_sources(people: City, tmp_path: Path) -> None:
    people.wait_for_road()
    with people.visit("data", at="/official/bases/population") as page:
        page.get_by_role("link", name=DEAD_AND_REGISTERED).click()
        axe(page)
        shot(page, "doubt")
        listed = page.locator("main li a").count()
        with page.expect_download() as download:
            page.get_by_role("link", name="死亡登记清单").click()
        returned = tmp_path / "doubts.csv"
        download.value.save_as(returned)
        _header, *rows = list(csv.reader(io.StringIO(returned.read_text(encoding="utf-8-sig"))))
        assert listed == len(rows) > 0
        assert {row[3] for row in rows} == {"person.death_date"}

        page.locator("main li a").first.click()
        registered = page.locator(".summary > div", has_text="户籍状态")
        assert registered.locator(".tag").all_inner_texts() == [DEAD_AND_REGISTERED]
        registered.locator("summary").click()
        assert "police_residents/" in registered.locator("details p").inner_text()


def test_a_record_is_seen_as_it_was_and_its_timeline_says_what_changed(people: City) -> None:
    people.wait_for_road()
    known = {subject for (subject,) in people.sql("SELECT subject FROM subjects_population")}
    [(edition, moment)] = people.sql(
        "SELECT max(number), now() AT TIME ZONE 'Asia/Shanghai' FROM resources_baseedition"
    )
    people.command("demo", "--next-day", "240")
    people.command("exchange", "receive", "insured_persons")
    people.wait_for_road()
    told = people.sql("SELECT subject FROM subjects_population WHERE edition > %s ORDER BY subject", edition)
    subject = next(spelled("sub", one) for (one,) in told if one in known)  # type: ignore[arg-type]

    with people.visit("data", at=f"/official/bases/population/{subject}") as page:
        page.get_by_role("link", name="时间线").click()
        axe(page)
        shot(page, "timeline")
        newest = page.locator(".timeline > li").first
        assert newest.locator(".what-title").inner_text() == "社会保险参保 · 内容变更"
        assert newest.locator("p", has_text="→").count() > 0
        delivery = newest.get_by_role("link").inner_text()

        page.get_by_label("获知时间").fill(f"{moment:%Y-%m-%dT%H:%M:%S}")
        page.get_by_role("button", name="查询").click()
        axe(page)
        shot(page, "as-of")
        assert page.get_by_text("以下不是当前采信的内容").is_visible()
        assert delivery not in all_of(page)
        page.get_by_role("link", name="查看当前采信的内容").click()
        assert delivery in all_of(page)


def test_somebody_is_forgotten_after_it_was_said_what_that_means(people: City) -> None:
    people.wait_for_road()
    [(one,)] = people.sql("SELECT subject FROM subjects_population WHERE substr(won, 2, 1) = 'A' ORDER BY 1 LIMIT 1")
    [(before,)] = people.sql("SELECT count(*) FROM subjects_population")
    subject = spelled("sub", one)  # type: ignore[arg-type]

    with people.visit("data", at=f"/official/bases/population/{subject}") as page:
        page.get_by_role("link", name="删除该主体的个人信息").click()
        page.get_by_role("button", name="永久删除").click()
        assert page.locator(".errors a").all_inner_texts() == ["请选择删除情形", "请确认您知道此操作不可撤销"]
        axe(page)
        page.get_by_label("删除情形").select_option("consent_withdrawn")
        page.get_by_label("我知道此操作不可撤销").check()
        shot(page, "erase")
        page.get_by_role("button", name="永久删除").click()
        assert messages(page) == ["已删除。今后不再向任何人提供该主体的任何信息。"]

        people.go(page, f"/official/bases/population/{subject}")
        assert values(page) == {}
        people.wait_until("SELECT count(*) FROM subjects_population", int(str(before)) - 1)
        people.wait_until("SELECT count(*) FROM resources_erasure WHERE done_at IS NULL", 0)
        people.go(page, "/official/bases/population")
        assert page.get_by_text("已永久删除：1 个主体").is_visible()
        axe(page)


def values(page: Page) -> dict[str, str]:
    """What stands of each element on a golden record."""
    rows = page.locator(".summary > div:has(.why)").all()
    return {row.locator("dt").inner_text(): row.locator("summary > span").first.inner_text() for row in rows}


def all_of(page: Page) -> str:
    """Everything the page says, folded or not."""
    return page.locator("main").text_content() or ""


def number_of(page: Page, label: str) -> int:
    """The figure that stands over a word."""
    return int(page.locator(".stat", has_text=label).locator(".stat-value").inner_text().replace(",", ""))
