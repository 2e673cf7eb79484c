"""Every component, seen by a browser: axe-clean, nothing refused by the CSP, nothing wider than a phone."""

import mimetypes

from django.http import HttpRequest
from django.utils import translation
from playwright.sync_api import Page, Route

from gusu.kernel.looks.headers import CONTENT_SECURITY_POLICY
from tests.browser import PHONE, axe, fits, policy_refusals, shot, targets
from tests.kernel.looks.conftest import STATIC, gallery

SITE = "http://gusu.test"


def test_the_gallery_is_accessible_strict_and_fits_a_phone(page: Page, request_: HttpRequest) -> None:
    opened_at(page, gallery(request_))

    axe(page)
    fits(page)
    targets(page)

    assert policy_refusals(page) == []
    shot(page, "gallery")


def test_the_menu_opens_on_a_phone_without_javascript_of_ours(page: Page, request_: HttpRequest) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    opened_at(page, gallery(request_))

    page.get_by_text("菜单", exact=True).click()

    assert page.locator(".sheet nav a").all_inner_texts() == [
        "首页", "我要办", "我的办件", "行政区划", "组织机构", "数据目录",
    ]
    axe_on_phone(page)


def test_the_gallery_reads_in_english(page: Page, request_: HttpRequest) -> None:
    with translation.override("en"):
        opened_at(page, gallery(request_))

    assert page.locator(".tongue button").first.inner_text() == "中文"
    assert page.locator("html").get_attribute("lang") == "en"


def axe_on_phone(page: Page) -> None:
    page.screenshot(path="test-results/gallery-menu-390.png", caret="initial")
    axe(page)


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
