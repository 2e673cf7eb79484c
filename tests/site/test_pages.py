"""What every page owes its reader: a title, a language, one heading, a strict policy, forms that carry their token."""

import re
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse
from tests.city import City
from tests.site.test_who_may_open import CITIZEN, TABLE, address, expected

from gusu.kernel.looks.headers import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db

SITE = {"zh-Hans": "苏州政务服务", "en": "Suzhou Government Services"}
FILES = {"healthz", "metrics", "quarantine_file", "doubt_file", "inbox_file", "licence_root"}
PAGES = [name for name, row in TABLE.items() if row.get == 200 and name not in FILES and not name.startswith("api:")]


class Read(HTMLParser):
    """What a page is made of, as far as these tests look."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title, self._in_title = "", False
        self.posts: list[bool] = []
        self.ids: list[str] = []
        self.twice: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.twice += [f"{tag} {key}" for key in found if sum(key == name for name, _ in attrs) > 1]
        self.tags.append((tag, found))
        self._in_title = tag == "title"
        self.ids += [found["id"]] if found.get("id") else []
        if tag == "form" and (found.get("method") or "").lower() == "post":
            self.posts.append(False)
        if tag == "input" and found.get("name") == "csrfmiddlewaretoken" and self.posts:
            self.posts[-1] = True

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title, self._in_title = data, False

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)

    def inline(self) -> list[str]:
        """Scripts, styles and event handlers that the policy would refuse."""
        found = [tag for tag, attrs in self.tags if tag == "style" or (tag == "script" and not attrs.get("src"))]
        return found + [
            f"{tag} {key}" for tag, attrs in self.tags for key in attrs if key == "style" or key[:2] == "on"
        ]


def reader_of(name: str) -> str:
    """Somebody signed in who may open the page."""
    return next(
        role
        for role in ("administrator", "data", "auditor", "citizen", "enterprise", "window", "approver")
        if role in TABLE[name].may
    )


def opened(city: City, name: str, role: str, language: str = "zh-hans") -> HttpResponse:
    client = city.client(role)
    client.cookies["django_language"] = language
    answer = client.get(address(name, city), TABLE[name].query)
    assert answer.status_code == expected(name, role, "GET")
    return answer


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_in_both_languages(city: City, name: str, language: str) -> None:
    role = "anonymous" if name == "sign_in" else reader_of(name)

    answer = opened(city, name, role, language.lower())
    html = Read(answer.content.decode())

    about = dict(html.tags)
    heading, _, site = html.title.rpartition(" · ")
    assert (bool(heading.strip()), site) == (True, SITE[language])
    assert about["html"]["lang"] == language
    assert html.count("h1") == 1
    assert html.count("main") == 1
    assert html.inline() == []
    assert all(html.posts)
    assert (html.twice, sorted(set(html.ids))) == ([], sorted(html.ids))
    assert answer["Content-Language"] == language.lower()


@pytest.mark.parametrize("name", TABLE)
def test_every_answer_is_strict_and_what_is_signed_in_is_kept_nowhere(city: City, name: str) -> None:
    role = reader_of(name)
    answer = city.client(role).get(address(name, city), TABLE[name].query)

    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"


def test_two_pages_do_not_share_a_title(city: City) -> None:
    titles: dict[str, list[str]] = {}
    for name in PAGES:
        role = "anonymous" if name == "sign_in" else reader_of(name)
        titles.setdefault(Read(opened(city, name, role, "en").content.decode()).title, []).append(name)

    shared = [names for names in titles.values() if len(names) > 1]
    unchecked = [name for name in PAGES if TABLE[name].may == CITIZEN and name not in {"citizen_home", "real_name"}]
    assert shared == [
        ["citizen_home", "enterprise_home", "official_home"],
        unchecked,
    ]  # "My space", each its reader's own


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(city: City, name: str) -> None:
    """Links inside the site that the same reader follows are not broken and not refused."""
    role = "anonymous" if name == "sign_in" else reader_of(name)
    client = city.client(role)
    links = {
        attrs["href"]
        for tag, attrs in Read(opened(city, name, role).content.decode()).tags
        if tag == "a" and attrs.get("href")
    }
    inside = sorted(link for link in links if link and link.startswith(("/", "?")) and not link.startswith("/static/"))
    where = address(name, city)

    followed = {link: client.get(link if link[0] == "/" else where + link).status_code for link in _few(inside)}

    assert {link: code for link, code in followed.items() if code not in (200, 302)} == {}


def _few(links: list[str], most: int = 3) -> list[str]:
    """A few of each shape: thirty rows of a list lead to the same page."""
    kept: dict[str, list[str]] = {}
    for link in links:
        shape = re.sub(r"(?<=/)[\w.%-]*\d[\w.%-]*", "*", link.split("?")[0])
        kept.setdefault(f"{shape}?{'?' in link}", []).append(link)
    return [link for group in kept.values() for link in group[:most]]
