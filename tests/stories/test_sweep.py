"""Every page there is, opened by whoever may open it: accessible, strict, whole on a phone, in one language at a time.

The table of tests/site says which pages there are and who may open them, so a new page needs no line here.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from playwright.sync_api import Page
from tests.browser import PHONE, axe, fits, policy_refusals, targets
from tests.site.test_who_may_open import TABLE, Row
from tests.stories.running import City

from gusu.kernel.looks.translations import CATALOGUE, read_catalogue

NOT_PAGES = (
    "api:",
    "healthz",
    "metrics",
    "quarantine_file",
    "doubt_file",
    "looks_file",
    "inbox_file",
    "licence_root",
)  # for programs
# What else a page can look like: words found and not found, a refusal, an empty list.
ALSO = [
    ("/search?q=平江", "anonymous"),
    ("/search", "anonymous"),
    ("/registers/divisions?q=姑苏", "anonymous"),
    ("/registers/divisions/320503?on=1998&known=1", "anonymous"),
    ("/organisations?q=数据", "anonymous"),
    ("/services?q=优待", "anonymous"),
    ("/services?q=没有这样的事项", "anonymous"),
    ("/services/senior_citizen_card", "anonymous"),
    ("/services/no-such-item", "anonymous"),
    ("/official/exchanges/division_changes/1", "data"),
    ("/official/exchanges?state=opened", "data"),
    ("/official/audit?verify=1&outcome=refused", "auditor"),
    ("/official/calendar?year=2030", "administrator"),
    ("/accounts/{data}", "administrator"),
    ("/no-such-page", "anonymous"),
    ("/registers/divisions/999999", "anonymous"),
    ("/official/audit", "citizen"),
]
# The texts of a page that are its own: not a name out of a register, not what someone typed, not the other language
# where it says so itself (`lang`).
OWN_WORDS = """() => {
    const chosen = document.documentElement.lang, found = []
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
        const inside = walk.currentNode.parentElement
        const marked = inside.closest("[lang]")
        if (marked && marked.lang !== chosen) continue
        const text = walk.currentNode.data.trim()
        if (text) found.push(text)
    }
    for (const each of document.querySelectorAll("[aria-label], [placeholder], img[alt]"))
        for (const name of ["aria-label", "placeholder", "alt"])
            if (each.getAttribute(name)) found.push(each.getAttribute(name))
    return [document.title.split(" · ")[0], ...found]
}"""


def views() -> Iterator[tuple[str, str]]:
    """(name, role): what differs by role is opened by each; a public page by a stranger, one's account by two kinds."""
    for name, row in TABLE.items():
        if row.get == 200 and not name.startswith(NOT_PAGES):
            yield from ((name, role) for role in _openers(row))


def _openers(row: Row) -> list[str]:
    if "anonymous" in row.may:
        return ["anonymous"]
    return ["auditor", "citizen"] if {"auditor", "citizen"} <= row.may else sorted(row.may)


@pytest.fixture(scope="module")
def accounts(city: City) -> dict[str, object]:
    return dict(city.sql("SELECT sign_in_name, id FROM identity_account"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "role"), list(views()))
def test_every_page(city: City, accounts: dict[str, object], name: str, role: str) -> None:
    row = TABLE[name]
    args = [part.format(**accounts) if isinstance(part, str) else part for part in row.args]
    query = f"?{urlencode(row.query)}" if row.query else ""

    looked_at(city, f"{reverse(name, args=args or None)}{query}", role)


@pytest.mark.parametrize(("address", "role"), ALSO)
def test_what_else_a_page_can_look_like(city: City, accounts: dict[str, object], address: str, role: str) -> None:
    looked_at(city, address.format(**accounts), role)


def looked_at(city: City, address: str, role: str) -> None:
    """The page as it must be; `visit` adds that the browser's console says nothing."""
    with city.visit("" if role == "anonymous" else role, at=address) as page:
        assert page.title().count(" · ") == 1
        assert not page.title().startswith(" ·")
        assert page.locator("h1").count() == 1
        assert left_over(page, CHINESE_PAGE) == []
        axe(page)
        fits(page)
        targets(page)
        assert policy_refusals(page) == []

        page.get_by_role("button", name="English").first.click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert left_over(page, ENGLISH_PAGE) == []
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def left_over(page: Page, foreign: re.Pattern[str]) -> list[str]:
    """The page's own sentences that stand there in the language not asked for."""
    texts: list[str] = page.evaluate(OWN_WORDS)
    return [text for text in texts if foreign.fullmatch(text)]


def sentences(*, chinese: bool) -> re.Pattern[str]:
    """Any text of the catalogue in one language, with whatever it is filled in with."""
    texts: set[str] = set()
    for message in read_catalogue(CATALOGUE):
        said = message.string if chinese else message.id
        other = message.id if chinese else message.string
        if message.id and said != other:
            texts |= {said} if isinstance(said, str) else set(said)
    parts = [PLACEHOLDER.split(text.replace("%%", "%")) for text in sorted(texts)]
    worded = [each for each in parts if re.search(r"\w", "".join(each))]  # not those that are only marks and values
    return re.compile("|".join(".+".join(map(re.escape, each)) for each in worded))


PLACEHOLDER = re.compile(r"%\(\w+\)s")
CHINESE_PAGE, ENGLISH_PAGE = sentences(chinese=False), sentences(chinese=True)
