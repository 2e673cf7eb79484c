"""Whoever holds a licence finds out whether it is real and still holds: by its code, or by what stands on it."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from tests.browser import axe, fits, shot, targets
from tests.stories.running import City, messages, path_of, tab_to

from gusu.site.server.postgres import Embedded

REVEALED = ["320508195001010027", "sub1-", "本人申请"]


def done(city: City, verb: str) -> dict[str, str]:
    settings = {"DJANGO_SETTINGS_MODULE": "gusu.site.settings", "GUSU_DATA": str(city.place.data)}
    environment = {**os.environ, **city.environment, **settings, "DATABASE_URL": Embedded(city.place).url}
    line = [sys.executable, "-m", "tests.stories.issuing", verb]
    said = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    answer: dict[str, str] = json.loads(said.stdout)
    return answer


@pytest.fixture(scope="module")
def card(city: City) -> dict[str, str]:
    return done(city, "issue")


def looked_at(page: Page, name: str) -> None:
    """In both languages, on a desk and on a phone; a picture of each."""
    for language, other in (("zh", "English"), ("en", "中文")):
        page.wait_for_selector(f"html[lang^='{language}']")
        axe(page)
        fits(page)
        targets(page)
        shot(page, f"{name}-{language}")
        page.get_by_role("button", name=other).first.click()
    page.wait_for_selector("html[lang^='zh']")


def test_anyone_verifies_a_licence_by_its_code(city: City, card: dict[str, str]) -> None:
    code = urlsplit(card["address"]).path

    with city.visit(at=code) as page:
        looked_at(page, "licence-valid")
        said = page.locator("main").inner_text()
        assert [value for value in ("沈爱莲", "3205**********0027", card["number"]) if value not in said] == []
        assert [value for value in REVEALED if value in page.content()] == []

        done(city, "revoke")
        page.reload()
        looked_at(page, "licence-revoked")
        assert [value for value in REVEALED if value in page.content()] == []


def test_anyone_verifies_a_licence_by_keyboard_and_without_javascript(city: City, card: dict[str, str]) -> None:
    with city.visit(at="/verify", javascript=False) as page:
        tab_to(page, "#identifier")
        page.keyboard.type(card["identifier"])
        page.keyboard.press("Tab")
        page.keyboard.type(card["number"])
        page.keyboard.press("Enter")
        page.locator(".summary", has_text=card["number"]).wait_for()

        assert path_of(page) == "/verify"
        assert card["identifier"] in page.locator("main").inner_text()


def test_a_code_nobody_issued_is_called_unknown(city: City) -> None:
    with city.visit(at="/verify/AAAAAAAAAAAAAAAAAAAAAA") as page:
        assert len(messages(page)) == 1
        looked_at(page, "licence-unknown")
        city.go(page, "/verify")
        looked_at(page, "licence-verify")
