"""Whoever reads: in English, without JavaScript, with a phone and no mouse."""

from tests.browser import PHONE
from tests.stories.running import City, cells, messages, path_of, sign_in, tab_to


def test_the_site_speaks_english_when_asked(city: City) -> None:
    with city.visit(at="/registers/divisions/320503?on=1998") as page:
        page.get_by_role("button", name="English").first.click()

        assert path_of(page) == "/registers/divisions/320503?on=1998"
        assert page.locator("html").get_attribute("lang") == "en"
        assert messages(page) == ["On December 31, 1998 this code was: 平江区"]

        city.go(page, "/organisations/suzhou")
        assert page.get_by_role("heading", level=1).inner_text() == "Suzhou Municipal People's Government"

        page.get_by_role("button", name="中文").first.click()
        assert path_of(page) == "/organisations/suzhou"
        assert page.get_by_role("heading", level=1).inner_text() == "苏州市人民政府"
        city.go(page, "/")
        assert page.locator("html").get_attribute("lang") == "zh-Hans"


def test_the_public_pages_work_without_javascript(city: City) -> None:
    with city.visit(javascript=False) as page:
        page.locator("#hero-find").fill("平江区")
        page.locator(".hero-find button").click()
        page.locator("a[href$='/320503000000']").click()
        page.locator("#on").fill("1998")
        page.get_by_role("button", name="查询").click()
        assert messages(page) == ["1998年12月31日，该代码为：平江区"]

        page.get_by_role("button", name="English").first.click()
        assert page.locator("html").get_attribute("lang") == "en"
        city.go(page, "/organisations")
        page.locator("summary", has_text="Gusu").click()
        assert page.locator("details[open] details[open] .leaf").count() > 0


def test_an_officer_works_without_javascript(city: City) -> None:
    with city.visit(at="/sign-in", javascript=False) as page:
        sign_in(page, "data", city.passwords["data"])
        page.locator("main").get_by_role("link", name="批次与问题数据").click()
        page.locator("form[action*='/division_changes/'] button", has_text="立即接收").click()
        page.locator(".heading .tag", has_text="无变化").wait_for(timeout=30_000)
        page.get_by_role("button", name="退出登录").first.click()

        assert page.locator(".tools .who").inner_text().strip() == "登录"


def test_at_390_pixels_by_keyboard(city: City) -> None:
    with city.visit() as page:
        page.set_viewport_size(PHONE)
        tab_to(page, ".menu summary")
        page.keyboard.press("Enter")
        tab_to(page, "#find-in-menu")
        page.keyboard.type("姑苏区")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")

        row = page.get_by_role("region", name="行政区划库中的结果").locator("tbody tr").first
        assert cells(page, "行政区划库中的结果")[0] == ["姑苏区", "320508000000", "县级", "有效 2012 年起"]
        # As cards: one below the other, each with its own labels, nothing to scroll sideways.
        boxes = [cell.bounding_box() for cell in row.locator("th, td").all()]
        tops = [box["y"] for box in boxes if box]
        assert tops == sorted(set(tops))
        assert row.locator("td").first.evaluate("e => getComputedStyle(e, '::before').content") == '"代码"'

        tab_to(page, "a[href$='/320508000000']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/registers/divisions/320508000000")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_first_tab_leads_past_the_menu(city: City) -> None:
    with city.visit() as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")

        assert page.evaluate("document.activeElement.id") == "hero-find"
