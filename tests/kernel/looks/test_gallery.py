"""Every component, seen by a browser: axe-clean, nothing refused by the CSP, nothing wider than a phone."""

import mimetypes

import pytest
from django.http import HttpRequest
from django.utils import translation
from playwright.sync_api import Browser, Page, Route
from tests.browser import PHONE, axe, fits, policy_refusals, shot, targets, visitor
from tests.kernel.looks.conftest import STATIC, frame, gallery

from gusu.kernel.looks.headers import CONTENT_SECURITY_POLICY

SITE = "http://gusu.test"


def test_the_gallery_is_accessible_strict_and_fits_a_phone(page: Page, request_: HttpRequest) -> None:
    opened_at(page, gallery(request_))

    axe(page)
    fits(page)
    targets(page)

    assert policy_refusals(page) == []
    shot(page, "gallery")


def test_the_menu_opens_on_a_phone_without_javascript(browser: Browser, request_: HttpRequest) -> None:
    with visitor(browser, javascript=False) as (_context, page):
        page.set_viewport_size(PHONE)
        opened_at(page, gallery(request_))

        page.locator(".menu summary").click()

        assert page.locator(".sheet nav a").all_inner_texts() == [item.label for item in frame(request_).nav]
        assert page.locator(".sheet .who").is_visible()


def test_the_open_menu_is_accessible_and_works_by_keyboard(page: Page, request_: HttpRequest) -> None:
    page.set_viewport_size(PHONE)
    opened_at(page, gallery(request_))

    page.locator(".menu summary").focus()
    page.keyboard.press("Enter")

    assert page.locator(".sheet").is_visible()
    axe(page)


def test_the_gallery_reads_in_english(page: Page, request_: HttpRequest) -> None:
    with translation.override("en"):
        opened_at(page, gallery(request_))

    assert page.locator(".tongue button").first.inner_text() == "中文"
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_planted_inline_script_and_a_planted_picture_without_words_are_caught(
    browser: Browser, request_: HttpRequest
) -> None:
    html = gallery(request_).replace("</main>", '<img src="/static/gusu/mark.svg"><script>1</script></main>')

    def story() -> None:
        with visitor(browser) as (_context, page):
            opened_at(page, html)
            with pytest.raises(AssertionError, match="image-alt"):
                axe(page)
            assert policy_refusals(page) == ["script-src-elem inline"]

    with pytest.raises(AssertionError, match="Content Security Policy"):
        story()


def opened_at(page: Page, html: str) -> None:
    """Served from memory under a name of its own, with the headers the site sends."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE).split("?")[0]
        if path == "/gallery":
            headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(body=html, headers=headers)
        elif path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
        else:
            route.fulfill(status=404, body="")

    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/gallery")
