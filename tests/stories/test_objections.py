"""A person sees what is known of them and who looked, says that a value is wrong, and it comes home corrected."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from playwright.sync_api import Browser, Page
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.browser import PHONE, axe, fits, shot, targets
from tests.stories.running import City, cells, messages, path_of, running_city, tab_to

from gusu.kernel.ids import spelled
from gusu.site.server.postgres import Embedded

PEOPLE = 1_000
RIGHT = "苏州市姑苏区平江路99号"
REASON = "三年前已迁居"


@pytest.fixture(scope="module")
def people(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two citizens bound to two people of the household register, as the real-name check would."""
    with running_city(tmp_path_factory.mktemp("own"), browser, "--people", str(PEOPLE)) as city:
        found = city.sql(
            "SELECT subject FROM subjects_population WHERE substr(won, 2, 1) = 'A' AND substr(won, 13, 1) = 'A' "
            "AND substr(won, 16, 1) = 'B' ORDER BY subject LIMIT 2"
        )
        for (subject,), name in zip(found, ("elder", "mother"), strict=True):
            bound = "UPDATE identity_account SET subject_id = %s, assurance = 3 WHERE sign_in_name = %s"
            city.sql(bound, spelled("sub", subject), name)  # type: ignore[arg-type]
        city.sql("UPDATE identity_account SET subject_id = '', assurance = 1 WHERE sign_in_name = 'citizen'")
        yield city


def looked_at(page: Page, name: str) -> None:
    """In both languages, on a desk and on a phone; a picture of each."""
    for language, other in (("zh-Hans", "English"), ("en", "中文")):
        page.wait_for_selector(f"html[lang^='{language[:2]}']")
        axe(page)
        fits(page)
        targets(page)
        shot(page, f"{name}-{language[:2]}")
        page.get_by_role("button", name=other).first.click()
    page.wait_for_selector("html[lang^='zh']")


def moved(people: City, name: str, address: str) -> None:
    """The police write the right address into their own system; the next batch brings it."""
    url = conninfo_to_dict(Embedded(people.place).url)
    with psycopg.connect(make_conninfo(**url | {"dbname": f"{url['dbname']}_police"}), autocommit=True) as police:
        change = 'UPDATE huji.rk SET "ZZ" = %s, "GXSJ" = now() WHERE "XM" = %s AND "ZZ" = %s'
        assert police.execute(change, [RIGHT, name, address]).rowcount == 1
    people.command("exchange", "receive", "police_residents")
    people.wait_for_road()


def value(page: Page, element: str) -> str:
    row = page.locator(".summary > div").filter(has=page.locator("dt", has_text=re.compile(f"^{element}$")))
    return row.locator("summary > span").first.inner_text()


def test_an_unbound_person_is_told_how_to_show_who_they_are(people: City) -> None:
    for place in ("/citizen/data", "/citizen/data/looks", "/citizen/objections"):
        with people.visit("citizen", at=place) as page:
            assert page.get_by_role("heading", level=1).inner_text() == "请先完成实名核验"
            check = page.get_by_role("link", name="开始实名核验")
            assert check.get_attribute("href") == f"/citizen/real-name?next={quote(place, safe='')}"
            if place == "/citizen/data":
                looked_at(page, "own-data-unbound")


def test_a_wrong_value_is_objected_to_and_comes_back_corrected(people: City) -> None:
    with people.visit("elder", at="/citizen/data") as page:
        looked_at(page, "own-data")
        name, address = value(page, "姓名"), value(page, "住址")
        page.get_by_role("link", name="数据有误 住址 · 公安户籍").click()
        looked_at(page, "own-data-object")
        page.get_by_label("正确的值").fill(RIGHT)
        page.get_by_label("有误的理由").fill(REASON)
        page.get_by_role("button", name="提交异议").click()
        page.wait_for_url("**/citizen/objections/obj1-*")
        objection = path_of(page)
        assert messages(page) == ["异议已送达该数据的来源部门。"]
        people.go(page, "/citizen/data")
        assert page.get_by_role("link", name="异议处理中 住址").get_attribute("href") == objection

    # Nobody else's, by changing the address; not the department's that has nothing to do with it either.
    for who, place in (("mother", objection), ("civil", objection.replace("/citizen/", "/official/"))):
        with people.visit(who, at="/space") as page:
            answer = page.request.get(f"{people.address}{place}")
            assert answer.status == 404
            assert REASON not in answer.text()

    with people.visit("police", at="/official/objections") as page:
        looked_at(page, "objections-inbox")
        assert cells(page, "数据异议")[0][0] == "住址"
        page.get_by_role("link", name="住址").click()
        looked_at(page, "objections-answer")
        assert page.get_by_text(REASON).is_visible()
        page.get_by_text("数据有误，本单位系统已更正").click()
        page.get_by_role("textbox", name="理由").fill("户籍底册核对无误，系统已改")
        page.get_by_role("button", name="提交答复").click()
        page.wait_for_url("**/official/objections")
        assert messages(page)[0] == "已答复，当事人可在其空间查看。"

    moved(people, name, address)
    people.wait_until("SELECT count(*) FROM resources_objection WHERE outcome = 'corrected'", 1)

    with people.visit("elder", at=objection) as page:
        assert page.locator(".heading .tag").all_inner_texts() == ["已更正"]
        assert page.get_by_text("与您所述一致").is_visible()
        looked_at(page, "own-objection")
        people.go(page, "/citizen/objections")
        looked_at(page, "own-objections")
        people.go(page, "/citizen/data")
        assert value(page, "住址") == RIGHT


def test_a_citizen_sees_who_looked(people: City, tmp_path: Path) -> None:
    [(subject,)] = people.sql("SELECT subject_id FROM identity_account WHERE sign_in_name = 'mother'")
    with people.visit("mother", at="/citizen/data/looks") as page:
        assert page.get_by_text("还没有人查看过您的数据").is_visible()
        looked_at(page, "own-looks-empty")
    with people.visit("data", at=f"/official/bases/population/{subject}") as page:
        people.go(page, f"/official/bases/population/{subject}?purpose=statistics")  # for which there is no grant
    with people.visit("mother", at="/citizen/data") as page:
        page.get_by_role("link", name="谁看过", exact=True).click()
        looked_at(page, "own-looks")
        rows = cells(page, "查看记录")
        assert [row[1] for row in rows] == ["您本人", "苏州市信息资源中心", "苏州市信息资源中心"]
        assert ["拒绝" in row[2] for row in rows] == [False, True, False]
        assert "个人信息保护法第四十五条" in rows[0][3]

        page.locator("#organisation").select_option("resource_centre")
        page.get_by_role("button", name="查询").click()
        assert len(cells(page, "查看记录")) == 2
        with page.expect_download() as download:
            page.get_by_role("link", name="下载表格（CSV）").click()
        download.value.save_as(tmp_path / "looks.csv")
    _header, *lines = csv.reader(io.StringIO((tmp_path / "looks.csv").read_text(encoding="utf-8-sig")))
    assert [line[1] for line in lines] == ["苏州市信息资源中心"] * 2
    assert len(lines[1][3].split(" · ")) > 20


def test_an_objection_without_javascript_and_by_keyboard(people: City) -> None:
    with people.visit("mother", at="/citizen/data", javascript=False) as page:
        page.set_viewport_size(PHONE)
        tab_to(page, "a[href$='/person.sex/police/objection']", most=120)
        page.keyboard.press("Enter")
        page.locator("#reason").fill(REASON)
        page.locator("#right").evaluate("e => e.removeAttribute('required')")
        page.get_by_role("button", name="提交异议").click()
        assert page.locator("#right-error").is_visible()
        page.locator("#right").select_option("9")
        page.get_by_role("button", name="提交异议").click()
        assert messages(page) == ["异议已送达该数据的来源部门。"]
        page.get_by_role("button", name="撤回异议").click()
        assert page.locator(".heading .tag").all_inner_texts() == ["已撤回"]
