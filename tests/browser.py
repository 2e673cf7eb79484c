"""A real browser for stories: an installed Chromium or Chrome, driven by Playwright, with axe beside it.

A conftest imports the fixtures: `from tests.browser import browser, page`. A story calls `axe(page)`, `shot(page, …)`.
Without a browser every story is skipped by name; nothing is downloaded.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
AXE = Path(__file__).resolve().parent / "vendor" / "axe.min.js"
SHOTS = ROOT / "test-results"
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOUCHED = (
    "button, .button, select, input:not([type=hidden], [type=radio], [type=checkbox], .unseen), summary, .door, .tile, "
    "nav:not(.crumbs) a"
)
WATCH_POLICY = """
window.__refused = [];
document.addEventListener("securitypolicyviolation",
  event => window.__refused.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""


def installed_browser() -> str | None:
    """GUSU_BROWSER, or the first of the usual names on PATH and the usual places of a Mac."""
    found = (os.environ.get("GUSU_BROWSER"), *map(shutil.which, NAMES), *(p for p in PLACES if Path(p).exists()))
    return next((path for path in found if path), None)


_launched: list[Browser] = []
_until_the_end = ExitStack()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of the run: several conftests import this fixture, and Playwright's loop begins only once."""
    program = installed_browser()
    if program is None:
        pytest.skip(f"no browser installed ({', '.join(NAMES)}); set GUSU_BROWSER to one")
    if not _launched:
        # Playwright's loop lives in this thread, and Django would refuse the database to a thread that has one.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        _close_connections()
        playwright = _until_the_end.enter_context(sync_playwright())
        _launched.append(playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]))
        _until_the_end.callback(_launched[0].close)
    yield _launched[0]
    _close_connections()


def _close_connections() -> None:
    """With a loop in this thread Django keeps its connections in another place than without one, and forgets those that
    it left there: they are closed before either begins.
    """
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def close_browser() -> None:
    """At the end of the run, before the interpreter goes."""
    _until_the_end.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor at a desk, Chinese first. A console error or a refusal by the CSP fails the story."""
    with visitor(browser) as (_context, opened):
        yield opened


@contextmanager
def visitor(browser: Browser, *, javascript: bool = True) -> Iterator[tuple[BrowserContext, Page]]:
    """One person with a browser of their own; stories with several people open several."""
    context = browser.new_context(
        viewport=DESK,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        java_script_enabled=javascript,
    )
    context.add_init_script(WATCH_POLICY)
    opened = context.new_page()
    faults = watch(opened)
    try:
        yield context, opened
        found = faults()
    finally:
        context.close()
    assert found == [], "the browser's console says:\n" + "\n".join(found)


def watch(page: Page) -> Callable[[], list[str]]:
    """Collect console errors, CSP refusals among them, and uncaught exceptions. An error page's status is no fault."""
    seen: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and "the server responded with a status of" not in message.text:
            seen.append(f"console: {message.text}")

    page.on("console", console)
    page.on("pageerror", lambda error: seen.append(f"uncaught: {error}"))
    return lambda: seen


def axe(page: Page) -> None:
    """No WCAG 2.2 AA violation, and none of axe's best practices, at a desk and on a phone; ends at a desk."""
    page.wait_for_load_state()  # a click may have begun to lead elsewhere: there is no document for a moment
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        page.evaluate(axe_source())
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", WCAG)["violations"]
        lines = [
            f"{fault['id']} ({fault['impact']}): {fault['help']}\n    "
            + "\n    ".join(_where(node) for node in fault["nodes"])
            for fault in found
        ]
        assert not lines, f"axe at {size['width']} px, {page.url}:\n" + "\n".join(lines)


def fits(page: Page) -> None:
    """Nothing sticks out to the right from a small phone (320 px, WCAG 1.4.10) to a tablet; ends at a desk."""
    for width in (320, PHONE["width"], 768, 1024):
        page.set_viewport_size({"width": width, "height": PHONE["height"]})
        wide = page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 8).map(e => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)} px`)"""
        )
        assert wide == [], f"wider than {width} px at {page.url}: {wide}"
    page.set_viewport_size(DESK)


def targets(page: Page) -> None:
    """On a phone every button, field and menu link is at least 44 px high (links inside a sentence are exempt)."""
    page.set_viewport_size(PHONE)
    low = page.evaluate(
        """touched => [...document.querySelectorAll(touched)]
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
        .map(e => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 20)}`)""",
        TOUCHED,
    )
    page.set_viewport_size(DESK)
    assert low == [], f"too small to touch at {page.url}: {low}"


def policy_refusals(page: Page) -> list[str]:
    """What the page's own Content-Security-Policy refused on this page."""
    refused: list[str] = page.evaluate("() => window.__refused || []")
    return refused


def shot(page: Page, name: str) -> None:
    """test-results/<name>-1280.png and -390.png, the whole page; ends at a desk."""
    SHOTS.mkdir(exist_ok=True)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        # Playwright hides the caret by an inline style, which our CSP refuses; so it may stay.
        page.screenshot(path=SHOTS / f"{name}-{size['width']}.png", full_page=True, caret="initial")


@cache
def axe_source() -> str:
    return AXE.read_text(encoding="utf-8")


def _where(node: dict[str, list[str] | str]) -> str:
    return f"{' '.join(node['target'])}  {str(node['failureSummary']).splitlines()[-1].strip()}"
