"""The pictures of the README, taken anew from a running city: pytest tests/stories/test_pictures.py --slow

They go to docs/images, in 256 colours where ImageMagick is installed; look at them before they are committed.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize
from tests.browser import DESK, PHONE, ROOT
from tests.stories.running import City, running_city

from gusu.kernel.ids import spelled

IMAGES = ROOT / "docs" / "images"
LARGEST = 250_000
PICTURES: dict[str, tuple[str, str, ViewportSize]] = {
    "home": ("/", "", DESK),
    "division": ("/registers/divisions/320503?on=1998", "", DESK),
    "batch": ("/official/exchanges/division_changes/1", "data", DESK),
    "audit": ("/official/audit?verify=1", "auditor", DESK),
    "citizen-390": ("/citizen", "citizen", PHONE),
}


SUBJECT = (
    "SELECT subject FROM subjects_population WHERE edition > 1 AND doubts = 0 AND length(replace(won, '-', '')) > 24"
)
OF_A_PERSON = {"golden-record": "", "timeline": "/timeline"}


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_for_the_readme(city: City, name: str) -> None:
    address, who, size = PICTURES[name]
    picture(city, name, address, who, size)


@pytest.mark.slow
def test_pictures_of_a_person(browser: Browser, tmp_path: Path) -> None:
    with running_city(tmp_path, browser, "--people", "1000") as city:
        city.wait_for_road()
        city.command("demo", "--next-day", "300")
        city.command("exchange", "receive", "--all", "--wait")
        city.wait_until("SELECT count(*) FROM resources_baseedition", 2)
        [(one,), *_] = city.sql(f"{SUBJECT} ORDER BY subject LIMIT 1")
        for name, page in OF_A_PERSON.items():
            picture(city, name, f"/official/bases/population/{spelled('sub', one)}{page}", "data", DESK)  # type: ignore[arg-type]


@pytest.mark.slow
def test_pictures_of_a_service(browser: Browser, tmp_path: Path) -> None:
    with running_city(tmp_path, browser, "--people", "3000") as city:
        city.wait_for_road()
        for who, item in (("elder", "senior_citizen_card"), ("citizen", "residence_permit")):
            with city.visit(who, at=f"/services/{item}/apply") as page:
                page.get_by_role("button", name="开始办理").click()
                form = page.url.removeprefix(city.address)
                if who == "citizen":
                    picture(city, "form", form, who, DESK)
                    page.get_by_label("合法稳定就业").check()
                page.locator("#promise").check()
                page.get_by_role("button", name="提交", exact=True).click()
                page.wait_for_url("**/citizen/cases/*")
        case = form.removesuffix("/form")
        official = case.replace("/citizen/", "/official/")
        with city.visit("police", at=official) as page:
            page.get_by_role("button", name="收件", exact=True).click()
            page.get_by_role("button", name="受理", exact=True).click()
        picture(city, "official-case", official, "police", DESK)
        picture(city, "case", case, "citizen", DESK)
        picture(city, "looks", "/citizen/data/looks", "citizen", DESK)
        picture(city, "cards", "/official/cards", "leader", DESK)
        [(identifier, number)] = city.sql("SELECT identifier, number FROM services_licence")
        with city.visit(at="/verify") as page:
            page.set_viewport_size(DESK)
            page.locator("#identifier").fill(str(identifier))
            page.locator("#number").fill(str(number))
            page.get_by_role("button", name="核验", exact=True).click()
            page.locator("main .summary").first.wait_for()
            page.screenshot(path=IMAGES / "verified.png", caret="initial")
        small(IMAGES / "verified.png")


def picture(city: City, name: str, address: str, who: str, size: ViewportSize) -> None:
    """Into docs/images, small enough for a README."""
    file = IMAGES / f"{name}.png"
    IMAGES.mkdir(parents=True, exist_ok=True)

    with city.visit(who, at=address) as page:
        page.set_viewport_size(size)
        page.screenshot(path=file, caret="initial")
    small(file)


def small(file: Path) -> None:
    if smaller := shutil.which("convert"):
        subprocess.run([smaller, file, "-strip", "-colors", "256", f"PNG8:{file}"], check=True)
    assert file.stat().st_size <= LARGEST
