"""What departments tell of persons stays in closed files and closed records: no log, job, event, trail or page has it.

A whole city is looked through after sound deliveries with odd values, every kind of refused delivery, an engine that
could not run its program and officers at work.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest
from tests.stories.city import City, wait_for
from tests.stories.killing import FINAL, WAITING

from gusu.kernel import ids
from gusu.site.server.postgres import Embedded

PEOPLE = 2_000  # whose insured are so many that a file with one of them is refused
WAITS = "SELECT pid FROM pg_locks WHERE NOT granted"
SIGNS = "demo-sign-ins.txt"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
OWN = ("departments/", "postgres/")  # folders of the data folder where values may be: theirs, and the database
TABLE = "subjects_population"
ACCOUNTS = "identity_account"  # an account shows the name of the person whose it is
FAILED = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed' AND (args ->> 'batch')::bigint = %s"
BATCHES = """
SELECT code, number, EXISTS (SELECT FROM resources_check WHERE batch_id = b.id)
FROM resources_batch AS b JOIN resources_exchange AS e ON e.id = exchange_id ORDER BY b.id
"""


class Officer:
    """Somebody at work with a browser. asked: every address; shown: what came, by address."""

    def __init__(self, city: City, name: str) -> None:
        signs = dict(line.split("\t") for line in (city.place.run / SIGNS).read_text().splitlines())
        self.at, self.asked, self.shown = city.place.address(), list[str](), dict[str, str]()
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))
        assert self.post("/sign-in", "/sign-in", sign_in_name=name, password=signs[name]) == 200
        self.shown.clear()  # their own name

    def get(self, path: str, **asked: str) -> int:
        return self._open(f"{path}?{urlencode(asked)}" if asked else path, None)

    def post(self, form: str, path: str, **typed: str) -> int:
        """What `path` answers to the form on the page `form`."""
        self.get(form)
        return self.send(path, came_from=form, csrfmiddlewaretoken=self.token(form), **typed)

    def send(self, path: str, *, came_from: str, **typed: str) -> int:
        return self._open(path, urlencode(typed).encode(), came_from)

    def token(self, form: str) -> str:
        found = TOKEN.search(self.shown[form])
        assert found is not None, form
        return found[1]

    def _open(self, path: str, body: bytes | None, came_from: str = "/") -> int:
        """The status of the answer, with everything kept."""
        self.browser.addheaders = [("Referer", f"{self.at}{came_from}")]
        try:
            answer = self.browser.open(f"{self.at}{path}", body, timeout=30)
        except HTTPError as refused:
            answer = refused
        with answer:
            self.shown[path] = answer.read().decode()
            self.asked += [path, answer.url]
            return int(answer.status)


class Sought:
    """Values to look for: whole ones, so that no number is found inside a longer one."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = set(values)
        self.length = min(map(len, self.values))
        self.by_beginning: dict[str, list[str]] = defaultdict(list)
        for value in self.values:
            self.by_beginning[value[: self.length]].append(value)

    def inside(self, text: str) -> set[str]:
        found = set()
        for at in range(len(text)):
            for value in self.by_beginning.get(text[at : at + self.length], ()):
                if text.startswith(value, at) and not self._goes_on(text, at, value):
                    found.add(value)
        return found

    def _goes_on(self, text: str, at: int, value: str) -> bool:
        before, after = text[at - 1 : at], text[at + len(value) : at + len(value) + 1]
        return value.isascii() and any(each.isascii() and each.isalnum() for each in (before, after))


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path, people=PEOPLE)
    city.environment["GUSU_LOG"] = "DEBUG"
    try:
        city.up()
        yield city
    finally:
        city.down()


def test_no_personal_value_is_in_any_log_job_event_trail_or_page(city: City) -> None:
    settle(city)
    odd = city.hand("plant")
    settle(city)
    city.hand("misdeliver")
    settle(city)
    city.hand("mend")
    broken = city.hand("break_a_rule")
    wait_for("the check to fail", lambda: city.ask(FAILED, broken) == [(1,)], every=0.2)
    assert city.ask("SELECT DISTINCT refused_code FROM resources_batch WHERE state = 'refused' ORDER BY 1") == [
        (code,)
        for code in (
            *("blank_line", "broken_quotes", "broken_rows", "not_a_workbook", "nul_byte", "unreachable"),
            *("unusual_volume", "wrong_answer", "wrong_columns", "wrong_encoding"),
        )
    ]
    sealed, named = Sought([*city.hand("sealed_values"), *odd]), Sought([*city.hand("names"), odd[1]])
    assert len(sealed.values) > PEOPLE * 3
    assert len(named.values) > PEOPLE / 4

    reader, explainer = Officer(city, "data"), Officer(city, "data")
    read_the_runs(city, reader)
    ask_without_a_grant(city, reader)
    look_up(explainer, city.hand("somebody"))
    kept = {**written(city), **stored(city)}
    assert "EngineRefused" in kept["said"]
    assert "ERROR" in kept["run/postgres.log"]

    assert tellers(kept, sealed) == {}
    assert tellers({place: text for place, text in kept.items() if place not in (TABLE, ACCOUNTS)}, named) == {}
    for sought in (sealed, named):
        assert tellers(reader.shown, sought) == {}
        assert tellers(dict(enumerate([*reader.asked, *explainer.asked])), sought) == {}

    # The same look finds what is there.
    (city.place.run / "worker.log").write_text(f"refused: {odd[0]} of {odd[1]}\n")
    found = written(city)["run/worker.log"]
    assert (sealed.inside(found), named.inside(found)) == ({odd[0], odd[1]}, {odd[1]})


def tellers(texts: dict[Any, str], sought: Sought) -> dict[Any, list[str]]:
    """Which of the texts hold values that are sought, and some of them."""
    return {place: sorted(found)[:5] for place, text in texts.items() if (found := sought.inside(text))}


def read_the_runs(city: City, officer: Officer) -> None:
    """Every run, its page and the list that goes back to the department; where there is none, the page that says so."""
    officer.get("/official/exchanges")
    for code, number, checked in city.ask(BATCHES):
        assert officer.get(f"/official/exchanges/{code}/{number}") == 200
        assert officer.get(f"/official/exchanges/{code}/{number}/quarantine.csv") == (200 if checked else 404)


def ask_without_a_grant(city: City, officer: Officer) -> None:
    """A golden record, all that was said of it and who else is doubted, for a purpose that was granted to others."""
    [(subject,)] = city.ask(f"SELECT subject FROM {TABLE} ORDER BY doubts DESC, 1 LIMIT 1")
    record = f"/official/bases/population/{ids.spelled('sub', subject)}"
    assert officer.get(record, purpose="form_prefill") == 200
    assert officer.get(f"{record}/timeline", purpose="form_prefill") == 200
    assert officer.get("/official/bases/population/doubts/name_differs", purpose="form_prefill") == 403


def look_up(officer: Officer, person: dict[str, str]) -> None:
    """Find somebody by each value that finds them: the answer shows them, the address and what is kept do not."""
    base = "/official/bases/population"
    for element, value in person.items():
        assert officer.post(base, f"{base}/look-up", element=element, value=value, purpose="data_quality") == 200
        assert value in list(officer.shown.values())[-1]


def settle(city: City) -> None:
    wait_for("every job and batch to be done", lambda: city.ask(WAITING, list(FINAL)) == [(0,)], every=0.2)


def written(city: City) -> dict[str, str]:
    """Every file the city has written about its work, and what it said, by name."""
    data = city.place.data
    found = {str(path.relative_to(data)): path for path in data.rglob("*") if path.is_file() and path.name != SIGNS}
    texts = {
        name: path.read_bytes().decode(errors="replace") for name, path in found.items() if not name.startswith(OWN)
    }
    return texts | {"said": city.said.read_text()}


def stored(city: City) -> dict[str, str]:
    """Every row of every table as text."""
    tables = [table for (table,) in city.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows: dict[str, list[tuple[Any, ...]]] = {
        table: city.ask(f'SELECT t::text FROM "{table}" AS t') for table in tables
    }
    return {table: "\n".join(text for (text,) in found) for table, found in rows.items()}


def test_a_look_up_that_is_broken_off_leaves_no_name_in_the_databases_log(city: City) -> None:
    settle(city)
    person, officer, base = city.hand("somebody"), Officer(city, "data"), "/official/bases/population"
    typed = {"element": "person.name", "value": person["person.name"], "purpose": "data_quality"}

    with psycopg.connect(Embedded(city.place).url) as other, ThreadPoolExecutor(1) as thread:
        officer.get(base)
        token = officer.token(base)
        other.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        answer = thread.submit(officer.send, f"{base}/look-up", came_from=base, csrfmiddlewaretoken=token, **typed)
        [(waiting,)] = wait_for("the look-up to wait", lambda: other.execute(WAITS).fetchall())
        other.execute("SELECT pg_cancel_backend(%s)", [waiting])
        assert answer.result() >= 500

    said = (city.place.run / "postgres.log").read_text()
    assert "canceling statement" in said
    assert tellers({"log": said, "said": city.said.read_text()}, Sought([person["person.name"]])) == {}
