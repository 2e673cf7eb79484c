"""The service thread as people meet it: a citizen types only the purpose, an elder types nothing, an official decides.

One city with invented departments; what is issued goes back into the departments' own tables and comes home by the
ordinary road.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.browser import axe, shot
from tests.stories.running import City, running_city

from gusu.site.server.postgres import Embedded

PEOPLE = 3_000


@pytest.fixture(scope="module")
def people(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("services"), browser, "--people", str(PEOPLE)) as city:
        city.wait_for_road()
        yield city


def test_an_elder_gets_the_card_at_once(people: City, tmp_path: Path) -> None:
    with people.visit("elder", at="/services/senior_citizen_card") as page:
        page.get_by_role("link", name="在线办理").click()
        looked_at(page, "apply-elder")
        page.get_by_role("button", name="开始办理").click()
        assert typed_fields(page) == []
        looked_at(page, "form-elder")
        hand_in(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="下载 PDF").click()
        looked_at(page, "case-elder")
        download.value.save_as(tmp_path / "card.pdf")
        people.go(page, "/citizen")
        looked_at(page, "home-elder")

    pdf = PdfFileReader(io.BytesIO((tmp_path / "card.pdf").read_bytes()))
    assert len(pdf.embedded_signatures) == 1
    [(number, name)] = people.sql("SELECT number, applicant_name FROM services_case WHERE item = 'senior_citizen_card'")
    wait_closed(people, "senior_citizen_card")
    assert department(people, "civil_affairs", 'SELECT "BJBH", "XM" FROM minzheng.ylz') == [(number, name)]


def test_a_citizen_types_only_the_purpose(people: City) -> None:
    with people.visit("citizen", at="/services/residence_permit", javascript=False) as page:
        page.get_by_role("link", name="在线办理").click()
        page.get_by_role("button", name="开始办理").click()
        assert typed_fields(page) == ["residence_permit.purpose"]
        assert page.locator(".known").count() >= 12
        page.get_by_role("button", name="提交", exact=True).click()  # nothing chosen, nothing confirmed
        assert page.locator("#errors a").count() >= 1
        page.get_by_label("合法稳定就业").check()
        page.get_by_role("button", name="保存，稍后继续").click()
        people.go(page, "/citizen")
        page.get_by_role("link", name="居住证").first.click()
        assert page.get_by_label("合法稳定就业").is_checked()
        shot(page, "form-citizen")
        hand_in(page)
        page.get_by_text("已提交").first.wait_for()
        shot(page, "case-citizen")
    assert people.sql("SELECT state FROM services_case WHERE item = 'residence_permit'") == [("submitted",)]


def test_an_official_decides_within_the_clock(people: City) -> None:
    [(case, number)] = people.sql("SELECT id, number FROM services_case WHERE item = 'residence_permit'")
    with people.visit("police", at="/official/cases") as page:
        page.get_by_role("link", name=str(number)).click()
        looked_at(page, "official-case")
        page.get_by_role("button", name="收件", exact=True).click()
        page.get_by_role("button", name="受理", exact=True).click()
        page.locator("summary", has_text="承诺时限").click()
        assert page.get_by_text("计入，第1日").count() >= 1
        page.get_by_role("link", name="审查", exact=True).click()
        page.get_by_label("审查意见").fill("居住登记满半年，就业属实。")
        page.get_by_role("button", name="提交审批").click()
    with people.visit("approver", at=f"/official/cases/{case}") as page:
        page.get_by_role("link", name="作出决定", exact=True).click()
        page.get_by_label("准予", exact=True).check()
        page.locator("#sure").check()
        page.get_by_role("button", name="作出决定").click()
    wait_closed(people, "residence_permit")
    [(due, decided)] = people.sql("SELECT statutory_due, decided_at::date FROM services_case WHERE id = %s", case)
    assert due is None or decided <= due  # type: ignore[operator]
    rows = department(people, "police", 'SELECT "BJBH", "JZSY" FROM huji.jzz')
    assert rows == [(number, "job")]

    with people.visit("citizen", at=f"/citizen/cases/{case}") as page:
        page.get_by_role("link", name="下载 PDF").wait_for()
        looked_at(page, "case-issued")
    people.command("exchange", "receive", "residence_permits", "--wait")
    people.wait_for_road()
    with people.visit("citizen", at="/citizen/data") as page:
        page.get_by_text("居住证号").first.wait_for()


def test_a_mother_applies_for_her_child(people: City) -> None:
    with people.visit("mother", at="/services/child_travel_card/apply") as page:
        looked_at(page, "apply-mother")
        page.get_by_role("button", name="开始办理").click()
        assert typed_fields(page) == []
        looked_at(page, "form-mother")
        hand_in(page)
        page.get_by_role("link", name="下载 PDF").wait_for()
    [(account, holder)] = people.sql("SELECT account, subject FROM services_case WHERE item = 'child_travel_card'")
    [(mother,)] = people.sql("SELECT subject_id FROM identity_account WHERE id = %s", account)
    assert holder != mother
    with people.visit("elder", at="/services/child_travel_card/apply") as page:
        assert page.locator("input[name=subject]").count() == 0  # nobody's guardian


def typed_fields(page: Page) -> list[str]:
    """Names of what the form asks, but for the promise and files."""
    asked = page.locator("main form input:not([type=hidden]):not([type=file]), main form select, main form textarea")
    names = {asked.nth(place).get_attribute("name") for place in range(asked.count())}
    return sorted(name for name in names if name and name != "promise")


def hand_in(page: Page) -> None:
    page.locator("#promise").check()
    page.get_by_role("button", name="提交", exact=True).click()


def looked_at(page: Page, name: str) -> None:
    axe(page)
    shot(page, name)


def wait_closed(city: City, item: str) -> None:
    city.wait_until(f"SELECT count(*) FROM services_case WHERE item = '{item}' AND state <> 'closed'", 0)


def department(city: City, name: str, sql: str) -> list[tuple[object, ...]]:
    """Inside a department's own database, past all doors of the city."""
    url = Embedded(city.place).url
    base, _, query = url.partition("?")
    place = f"{base}_{name}" + (f"?{query}" if query else "")
    with psycopg.connect(place, autocommit=True) as own:
        return own.execute(sql).fetchall()
