"""Those who keep the city: the auditor, the administrator."""

import psycopg
import pytest
from playwright.sync_api import Page
from tests.stories.running import City, cells, messages, path_of, tab_to

ALL_WELL = "全部已封存记录与写入时一致。"
TAMPER = "UPDATE kernel_auditline SET actor = %s WHERE id = %s"


def test_an_auditor_proves_the_trail(city: City) -> None:
    [(line, seal)] = city.sql(
        "SELECT line, s.id FROM kernel_auditseal s, unnest(line_ids) AS line ORDER BY s.id, line LIMIT 1"
    )
    [(actor,)] = city.sql("SELECT actor FROM kernel_auditline WHERE id = %s", line)

    with city.visit("auditor") as page:
        page.get_by_role("link", name="我的空间").last.click()
        page.locator("main").get_by_role("link", name="审计记录").click()
        verify(page)
        assert messages(page) == [ALL_WELL]

        unseen(city, "somebody else", line)
        try:
            verify(page)
            assert [said.split("\n")[-1] for said in messages(page)] == [f"line changed: 封存 {seal}，记录 {line}"]
        finally:
            unseen(city, actor, line)

        verify(page)
        assert messages(page) == [ALL_WELL]


def test_the_trail_cannot_be_changed_by_mistake(city: City) -> None:
    [(line,)] = city.sql("SELECT min(id) FROM kernel_auditline")

    with pytest.raises(psycopg.Error, match="append"):
        city.sql(TAMPER, "nobody", line)


def test_an_auditor_follows_one_account_by_keyboard(city: City) -> None:
    with city.visit("auditor", at="/official/audit") as page:
        tab_to(page, "#verb")
        page.keyboard.type("signin.")
        page.keyboard.press("Enter")
        page.wait_for_url("**verb=signin.*")

        assert {row[1].split(" ")[0] for row in cells(page, "审计记录")} <= {
            "signin.start_session",
            "signin.end_session",
        }


def test_an_administrator_corrects_a_working_day(city: City) -> None:
    with city.visit("administrator", at="/official/calendar?year=2026") as page:
        page.get_by_label("日期").fill("2026-06-22")
        page.get_by_text("休息", exact=True).last.click()
        page.get_by_label("中文名称").fill("端午顺延")
        page.get_by_label("英文名称").fill("Dragon Boat, moved")
        page.get_by_role("button", name="保存").click()

        assert messages(page) == ["工作日历已更新，此后各项时限均按新日历计算。"]
        days = {row[0]: row[1:] for row in cells(page, "与周历不同的日子")}
        assert days["2026-06-22"] == ["端午顺延", "休息", "本市更正"]


def test_a_day_that_is_none_is_refused_beside_its_field(city: City) -> None:
    with city.visit("administrator", at="/official/calendar?year=2026", javascript=False) as page:
        page.locator("form[method=post] input[name=name_zh]").fill("没有日子")
        page.locator("form[method=post] #date").evaluate("field => field.form.noValidate = true")
        page.get_by_role("button", name="保存").click()

        assert page.locator(".errors a").evaluate_all("links => links.map(a => a.getAttribute('href'))") == [
            "#date",
            "#kind",
        ]
        assert page.locator("input[name=name_zh]").input_value() == "没有日子"


def test_an_administrator_adopts_and_renames_an_organisation(city: City) -> None:
    with city.visit("administrator", at="/organisations/tourism") as page:
        page.locator("main").get_by_role("link", name="编辑").click()
        page.get_by_role("button", name="由本市接管").click()
        assert messages(page) == ["该机构现由本市自行维护。"]

        page.get_by_label("中文名称").fill("苏州市文化和旅游局")
        page.get_by_label("英文名称").fill("Bureau of Culture and Tourism")
        page.get_by_role("button", name="修改名称").click()
        assert path_of(page) == "/organisations/tourism"
        assert page.get_by_role("heading", level=1).inner_text() == "苏州市文化和旅游局"

    with city.visit(at="/organisations?q=文化和旅游") as page:
        assert [row[:2] for row in cells(page, "查到的机构")] == [["苏州市文化和旅游局", "tourism"]]


def verify(page: Page) -> None:
    page.get_by_role("link", name="校验全部记录").click()
    page.wait_for_url("**verify=1*")


def unseen(city: City, actor: object, line: object) -> None:
    """As an owner of the database could, who switches the guard off."""
    city.sql("ALTER TABLE kernel_auditline DISABLE TRIGGER append_only")
    try:
        city.sql(TAMPER, actor, line)
    finally:
        city.sql("ALTER TABLE kernel_auditline ENABLE TRIGGER append_only")
