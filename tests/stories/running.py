"""The city of the stories: started by `gusu up` as anyone starts one, and the people who come to it with a browser."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Browser, Page
from tests.browser import visitor

from gusu.site.server.place import Place
from gusu.site.server.postgres import Embedded

READY_SECONDS = 120
ROAD_SECONDS = 60
PATIENCE = 30_000  # milliseconds for anything a page should show by itself, also on a machine with much to do
SIGNS = "demo-sign-ins.txt"
MERGED = "SELECT count(*) FROM resources_batch WHERE state = 'merged'"
UNDER_WAY = "SELECT count(*) FROM resources_batch WHERE state IN ('opened', 'landed', 'checked')"


@dataclass
class City:
    """A running city. `signed_in` keeps each person's session, so that a story need not sign in again."""

    browser: Browser
    address: str
    place: Place
    said: Path
    passwords: dict[str, str]
    environment: dict[str, str]
    signed_in: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def visit(self, who: str = "", *, at: str = "/", javascript: bool = True) -> Iterator[Page]:
        """One person with a browser of their own, opening `at`; nobody in particular when `who` is empty."""
        with visitor(self.browser, javascript=javascript) as (context, page):
            page.set_default_timeout(PATIENCE)
            if who:
                name, value = "sessionid", self._session(who)
                context.add_cookies([{"name": name, "value": value, "url": self.address}])
            self.go(page, at)
            yield page

    def go(self, page: Page, path: str) -> None:
        page.goto(f"{self.address}{path}")

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Straight into the city's database, past all of its doors."""
        with psycopg.connect(Embedded(self.place).url, autocommit=True) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def wait_for_road(self) -> None:
        """Until no batch is on its way and both kinds have been merged once."""
        deadline = time.monotonic() + ROAD_SECONDS
        while self.sql(UNDER_WAY) != [(0,)] or self.sql(MERGED)[0] < (2,):
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.2)

    def wait_until(self, statement: str, answer: int) -> None:
        """Until a count in the database is this."""
        deadline = time.monotonic() + ROAD_SECONDS
        while (found := self.sql(statement)) != [(answer,)]:
            assert time.monotonic() < deadline, (found, self.said.read_text())
            time.sleep(0.2)

    def command(self, *words: str) -> str:
        """What a `gusu` command about this city says."""
        line = [sys.executable, "-m", "gusu", *words, "--data", str(self.place.data)]
        done = subprocess.run(line, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _session(self, who: str) -> str:
        if who not in self.signed_in:
            with visitor(self.browser) as (context, page):
                self.go(page, "/sign-in")
                sign_in(page, who, self.passwords[who])
                cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
                self.signed_in[who] = cookies["sessionid"]
        return self.signed_in[who]


@contextmanager
def running_city(folder: Path, browser: Browser, *more: str) -> Iterator[City]:
    """`gusu up` in a folder of its own, the divisions' road travelled; ended as Ctrl-C ends it. more: its options."""
    place, keys, said = Place(folder / "data"), folder / "keys", folder / "said.txt"
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("GUSU_", "DATABASE_URL"))}
    command = [sys.executable, "-m", "gusu", "up", "--data", str(place.data), "--port", "0", *more]
    environment = {**rest, "GUSU_KEYS": str(keys)}
    with said.open("wb") as file:
        supervisor = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not place.address():
            assert supervisor.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.05)
        signs = dict(line.split("\t") for line in (place.run / SIGNS).read_text().splitlines())
        city = City(browser, place.address(), place, said, signs, environment)
        city.wait_for_road()
        yield city
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(60)


def sign_in(page: Page, name: str, password: str, code: str = "") -> None:
    """At the sign-in page, with the hands of someone who uses the keyboard."""
    for field_name, value in (("sign_in_name", name), ("password", password), ("code", code)):
        page.locator(f"#id_{field_name}").fill(value)
    page.locator("#id_code").press("Enter")


def path_of(page: Page) -> str:
    """Where the reader stands: the address without the host."""
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def tab_to(page: Page, selector: str, *, most: int = 60) -> None:
    """Press Tab until the wanted thing has the focus, as someone without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {most} presses of Tab at {page.url}")


def messages(page: Page) -> list[str]:
    """What the page says it has done or refused."""
    return [said.strip() for said in page.locator(".notice").all_inner_texts()]


def cells(page: Page, table: str) -> list[list[str]]:
    """A table's body, row by row, by the name of its region."""
    rows = page.get_by_role("region", name=table, exact=True).locator("tbody tr")
    return [[" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows.all()]
