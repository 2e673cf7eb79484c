"""A person's pages beside the three great stories: every one looked at in both languages, on a desk and on a phone; a
mistake, a correction and a withdrawal, without a script.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import axe, fits, shot, targets
from tests.stories.running import City, messages, path_of, running_city, tab_to

PEOPLE = 3_000
PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture(scope="module")
def people(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("own-cases"), browser, "--people", str(PEOPLE)) as city:
        city.wait_for_road()
        yield city


def looked_at(page: Page, name: str, *, at: str = "") -> None:
    """In both languages. at: where to be afterwards; the answer to a POST is looked at in one language."""
    languages = (("zh", "English"), ("en", "中文")) if at else (("zh", ""),)
    for language, other in languages:
        page.wait_for_selector(f"html[lang^='{language}']")
        axe(page)
        fits(page)
        targets(page)
        shot(page, f"{name}-{language}")
        if other:
            page.get_by_role("button", name=other).first.click()
    page.wait_for_selector("html[lang^='zh']")


def wrong(page: Page) -> list[str | None]:
    """Where the lines of the error summary lead."""
    return [line.get_attribute("href") for line in page.locator("#errors a").all()]


def case_of(page: Page) -> str:
    """The id of the case whose page this is."""
    return path_of(page).split("/")[3]


def test_who_is_not_checked_is_led_to_the_check_and_told_nothing_but_that_it_did_not_fit(people: City) -> None:
    people.sql("UPDATE identity_account SET subject_id = '', assurance = 1 WHERE sign_in_name = 'mother'")
    with people.visit("mother", at="/citizen") as page:
        looked_at(page, "home-unchecked", at="/citizen")
        people.go(page, "/services/child_travel_card/apply")
        page.get_by_role("link", name="开始实名核验").click()
        looked_at(page, "real-name", at=path_of(page))
        for field, value in (("person.id_number", "11010519491231002X"), ("person.name", "无"), ("person.phone", "1")):
            page.locator(f"[id='{field}']").fill(value)
        page.keyboard.press("Enter")
        page.locator("#errors").wait_for()
        looked_at(page, "real-name-wrong")
        assert page.locator("#errors a").count() == 1
        assert "11010519491231002X" not in page.content()


def test_a_mistake_a_file_a_correction_and_a_withdrawal_without_a_script(people: City) -> None:
    with people.visit("citizen", at="/services/residence_permit/apply", javascript=False) as page:
        page.get_by_role("button", name="开始办理").click()
        form, case = path_of(page), case_of(page)
        page.locator("[id='file-1']").set_input_files(
            {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
        tab_to(page, "button[value='submit']", most=120)
        page.keyboard.press("Enter")
        page.locator("#errors").wait_for()
        assert wrong(page) == ["#residence_permit.purpose", "#file-1", "#promise"]
        page.locator("#errors a[href='#file-1']").click()
        page.locator("[id='file-1']").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": PNG})
        page.locator("#promise").check()
        page.get_by_role("button", name="提交", exact=True).click()
        assert wrong(page) == ["#residence_permit.purpose"]
        assert page.get_by_role("link", name="文件 1").count() == 1
        page.get_by_label("合法稳定就业").check()
        page.locator("#promise").check()
        page.get_by_role("button", name="提交", exact=True).click()
        page.wait_for_url(f"**/citizen/cases/{case}")

    with people.visit("police", at=f"/official/cases/{case}", javascript=False) as page:
        page.get_by_role("button", name="收件").click()
        people.go(page, f"/official/cases/{case}/notice")
        assert page.locator("[id='about-person.name']").count() == 0
        for about in ("residence_permit.purpose", "m4"):
            page.locator(f"[id='about-{about}']").check()
            page.locator(f"[id='said-{about}']").fill("请补正")
        page.locator("#sure").check()
        page.locator("main form button").last.click()

    with people.visit("citizen", at="/citizen") as page:
        looked_at(page, "home-correction", at="/citizen")
        people.go(page, form)
        looked_at(page, "form-correction", at=form)
        assert page.locator(".notice a[href='#residence_permit.purpose']").count() == 1
        assert page.get_by_label("合法稳定就业").is_checked()
        page.locator("[id='residence_permit.purpose']").evaluate("e => e.form.reset()")
        page.locator("#promise").check()
        page.get_by_role("button", name="提交", exact=True).click()
        page.wait_for_url(f"**/citizen/cases/{case}")
        page.get_by_text("期限怎么算的").first.click()
        looked_at(page, "case-open", at=path_of(page))
        people.go(page, "/citizen/cases")
        looked_at(page, "cases", at="/citizen/cases")
        people.go(page, "/citizen/licences")
        looked_at(page, "licences-none", at="/citizen/licences")
        people.go(page, f"/citizen/cases/{case}/withdrawal")
        looked_at(page, "withdrawal", at=path_of(page))
        page.locator("main form button").last.click()
        page.wait_for_url(f"**/citizen/cases/{case}")
        assert messages(page) == ["申请已撤回。"]
    assert people.sql("SELECT state, revision FROM services_case") == [("withdrawn", 2)]


def test_a_draft_is_thrown_away(people: City) -> None:
    with people.visit("elder", at="/services/senior_citizen_card/apply") as page:
        page.get_by_role("button", name="开始办理").click()
        page.get_by_role("button", name="提交", exact=True).click()
        page.locator("#errors").wait_for()
        looked_at(page, "form-unconfirmed")
        page.get_by_role("link", name="删除草稿").click()
        looked_at(page, "discard", at=path_of(page))
        page.locator("main form button").last.click()
        page.wait_for_url("**/citizen")
