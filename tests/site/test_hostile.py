"""What nobody sends by accident: every answer is a refusal in words or a plain page, never a broken one."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.city import City
from tests.site.test_who_may_open import TABLE, address

pytestmark = pytest.mark.django_db

AWAY = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    r"\\evil.example/",
    r"/\evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "https:/evil.example",
    "/%09/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
]


def leads_away(where: str) -> bool:
    """As a browser reads an address: tabs and line ends are dropped, backslashes are slashes."""
    where = where.strip().replace("\\", "/")
    for dropped in "\t\r\n":
        where = where.replace(dropped, "")
    return not where.startswith("/") or where.startswith("//")


@pytest.mark.parametrize("away", AWAY)
def test_the_switch_of_language_leads_nowhere_else(city: City, away: str) -> None:
    answer = city.client("anonymous").post("/language", {"language": "en", "next": away})

    assert (answer.status_code, leads_away(answer["Location"])) == (302, False)


@pytest.mark.parametrize("away", AWAY)
def test_signing_in_leads_nowhere_else(city: City, away: str) -> None:
    for answer in (
        city.client("citizen").get("/sign-in", {"next": away}),
        city.client("citizen").get(f"/sign-in?next={quote(away, safe='')}&next={quote(away, safe='')}"),
    ):
        assert (answer.status_code, leads_away(answer["Location"])) == (302, False)
    page = city.client("anonymous").get("/sign-in", {"next": away}).content.decode()
    [kept] = re.findall(r'name="next" value="([^"]*)"', page.split("<main", 1)[1].split("</main>", 1)[0])
    assert not leads_away(kept)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "a b", ""])
def test_a_host_that_is_not_ours_is_refused(city: City, host: str) -> None:
    answer = city.client("anonymous").get("/", HTTP_HOST=host) if host else Client().get("/", HTTP_HOST="[")

    assert (answer.status_code, "evil.example" in answer.content.decode()) == (400, False)


def test_a_forwarded_host_is_not_believed(city: City) -> None:
    answer = city.client("anonymous").get("/official", HTTP_X_FORWARDED_HOST="evil.example")

    assert "evil.example" not in answer["Location"]


# Odd values

ODD = {
    "nul": "\x00",
    "huge number": "9" * 400,
    "past bigint": str(2**63),
    "negative": "-1",
    "superscript": "²",
    "surrogate": "\ud83d",
    "long": "苏" * 20_000,
    "wildcards": "%%__\\",
    "words": " ".join(f"abcdefgh{n}" for n in range(400)),
    "markup": "<script>alert(1)</script>",
    "year 0": "0000",
    "last day": "9999-12-31",
    "year 10000": "10000",
    "week date": "2024-W01-1",
}
IN_FORMS = ("nul", "huge number", "surrogate", "long", "markup", "year 0", "last day")
QUESTIONS = [
    ("/search", "q"),
    ("/data", "q"),
    ("/organisations", "q"),
    ("/registers/divisions", "q"),
    ("/registers/divisions", "q=姑苏&after"),
    ("/registers/divisions/320508000000", "on"),
    ("/registers/divisions/320508000000", "known"),
    ("/registers/divisions/320508000000", "on=1998&known"),
    ("/registers/divisions/320508000000", "after"),
    ("/official/exchanges", "exchange"),
    ("/official/exchanges", "state"),
    ("/official/exchanges", "before"),
    ("/official/exchanges/divisions/1", "rule"),
    ("/official/exchanges/divisions/1", "after"),
    ("/official/audit", "actor"),
    ("/official/audit", "verb"),
    ("/official/audit", "outcome"),
    ("/official/audit", "subject"),
    ("/official/audit", "before"),
    ("/official/calendar", "year"),
    ("/accounts", "q"),
    ("/accounts", "kind"),
    ("/accounts", "older"),
    ("/sign-in", "next"),
    ("/api/registers/divisions/search", "q"),
    ("/api/registers/divisions/search", "q=姑苏&after"),
    ("/api/registers/divisions/320508", "on"),
    ("/api/registers/divisions/320508", "known"),
    ("/api/registers/divisions/320508", "on=1998-01-01&known"),
    ("/api/registers/divisions/320508/became", "on"),
    ("/api/registers/divisions/320508/became", "known"),
    ("/api/registers/divisions/320508/path", "on"),
    ("/api/registers/divisions/320508/path", "known"),
    ("/api/batches", "exchange_code"),
    ("/api/batches", "before"),
    ("/api/batches/divisions/1/quarantine", "after"),
]
PATHS = [
    "/registers/{}",
    "/registers/divisions/{}",
    "/data/{}",
    "/organisations/{}",
    "/accounts/{}",
    "/official/exchanges/divisions/{}",
    "/official/exchanges/{}/1",
    "/official/exchanges/divisions/{}/quarantine.csv",
    "/api/registers/{}/search?q=1",
    "/api/registers/divisions/{}",
    "/api/registers/divisions/{}/became",
    "/api/registers/divisions/{}/path",
    "/api/catalogue/{}",
    "/api/batches/divisions/{}/rules",
    "/api/batches/{}/1/quarantine",
]


def who_asks(city: City, path: str) -> Client:
    roles = (("/official/audit", "auditor"), ("/accounts", "administrator"), ("/official/calendar", "administrator"))
    asked_by = next((role for start, role in roles if path.startswith(start)), "data")
    return city.client(asked_by, raise_request_exception=False)


def quoted(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def html_of(answer: HttpResponse) -> bytes:
    return answer.content if "html" in answer.get("Content-Type", "") else b""


@pytest.mark.parametrize(("path", "names"), QUESTIONS)
def test_odd_questions_are_answered_or_refused_in_words(city: City, path: str, names: str) -> None:
    client = who_asks(city, path)

    answers = {what: client.get(f"{path}?{names}={quoted(value)}") for what, value in ODD.items()}

    broken = {
        what: answer.status_code
        for what, answer in answers.items()
        if answer.status_code not in (200, 302, 400, 404, 422)
    }
    assert broken == {}
    assert b"<script>alert" not in b"".join(map(html_of, answers.values()))


@pytest.mark.parametrize("path", PATHS)
def test_odd_addresses_are_answered_or_refused_in_words(city: City, path: str) -> None:
    client = who_asks(city, path)

    answers = {what: client.get(path.format(quoted(value))) for what, value in ODD.items()}

    broken = {
        what: answer.status_code for what, answer in answers.items() if answer.status_code not in (200, 400, 404, 422)
    }
    assert broken == {}
    assert b"<script>alert" not in b"".join(map(html_of, answers.values()))


FORMS = [
    ("/language", "anonymous", ("language", "next")),
    ("/sign-in", "anonymous", ("sign_in_name", "password", "code", "next")),
    ("/account/password", "citizen", ("old", "new")),
    ("/account/one-time-code/confirmation", "citizen", ("code",)),
    ("/official/calendar", "administrator", ("date", "kind", "name_zh", "name_en")),
    ("/organisations/health/edit", "administrator", ("name_zh", "name_en")),
    ("/accounts/new", "administrator", ("sign_in_name", "display_name", "kind")),
    ("/accounts/{window}/appointments", "administrator", ("role", "organisation")),
]
GOOD = {"language": "en", "kind": "working", "date": "2026-10-01", "name_zh": "甲", "name_en": "A", "role": "leader"}


@pytest.mark.parametrize(("path", "role", "names"), FORMS)
def test_odd_forms_are_refused_in_words(city: City, path: str, role: str, names: tuple[str, ...]) -> None:
    client, where = city.client(role, raise_request_exception=False), path.format(**city.accounts)

    answers = {
        (name, what): client.post(
            where,
            urlencode({**GOOD, name: value.encode("utf-8", "surrogatepass")}),
            "application/x-www-form-urlencoded",
        ).status_code
        for name in names
        for what, value in ODD.items()
    }

    assert {
        pair: code for pair, code in answers.items() if code not in (200, 302, 400, 401, 403, 404, 409, 422, 429)
    } == {}


@pytest.mark.parametrize(
    "path", ["/search", "/data", "/organisations", "/registers/divisions", "/api/registers/divisions/search"]
)
def test_a_question_of_a_books_length_is_refused_before_the_database_hears_of_it(city: City, path: str) -> None:
    client = city.client("anonymous")

    answers = {length: client.get(path, {"q": "苏" * length}).status_code for length in (100, 101)}

    assert answers == {100: 200, 101: 422}


def test_a_question_longer_than_any_page_needs_is_answered(city: City) -> None:
    many = "&".join(f"q{n}=1" for n in range(5000))

    assert city.client("anonymous").get(f"/search?{many}").status_code in (200, 400)
    assert city.client("anonymous").get(f"/?next={'a' * 100_000}").status_code == 200


# Methods


@pytest.mark.parametrize("name", TABLE)
def test_other_methods_are_not_answered_with_a_broken_page(city: City, name: str) -> None:
    role = next(
        role
        for role in ("data", "administrator", "auditor", "citizen", "enterprise", "approver")
        if role in TABLE[name].may
    )
    where, client = address(name, city), city.client(role)
    reads = TABLE[name].get if role not in TABLE[name].unlike else TABLE[name].unlike[role]

    answers = {
        method: client.generic(method, where).status_code for method in ("PUT", "PATCH", "DELETE", "TRACE", "NONSENSE")
    }
    head = client.head(where, TABLE[name].query).status_code

    assert answers == dict.fromkeys(answers, 404 if name == "api:nowhere" else 405)
    assert head == reads


# Files


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.csv",
        "..\\..\\evil.csv",
        "/etc/passwd",
        "a\x00b.csv",
        "x" * 300 + ".csv",
        "..",
        ".",
        "苏州 数据.csv",
        "a\nb.csv",
    ],
)
def test_a_delivered_file_stays_in_its_folder_whatever_its_name(city: City, name: str) -> None:
    from gusu.resources.exchange.queries import batch_numbered

    drops = Path(settings.DATA) / "drops"
    before = set(drops.rglob("*")) if drops.exists() else set()
    file = SimpleUploadedFile("plain.csv", b"code,name\n")
    file._name = name  # past Django's own cleaning, as another handler might leave it

    answer = city.client("data").post("/official/exchanges/divisions/receipt", {"file": file})

    assert answer.status_code in (302, 400)
    for path in set(drops.rglob("*")) - before:
        assert (path.parent, path.is_file(), path.stat().st_size) == (drops, True, 10)
    if answer.status_code == 302 and "/divisions/" in answer["Location"]:
        number = int(answer["Location"].rsplit("/", 1)[1])
        assert Path(batch_numbered("divisions", number).source).resolve().parent == drops.resolve()


def test_a_formula_in_a_returned_list_is_text_to_a_spreadsheet(city: City) -> None:
    from gusu.resources.quality.models import Quarantined, RuleResult

    for start in ("=", "+", "-", "@", "\t=", "\r="):
        Quarantined.objects.update(element=f"{start}cmd|' /C calc'!A0")
        RuleResult.objects.update(title_zh=f"{start}1+1")

        answer = city.client("data").get("/official/exchanges/divisions/1/quarantine.csv")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        cells = [cell for row in list(csv.reader(io.StringIO(text, newline="")))[1:] for cell in row]

        assert cells
        assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell[:1]] == []


def test_what_is_too_large_or_says_no_length_is_refused_before_it_is_read() -> None:
    client = Client()

    too_much = client.post("/sign-in", data=b"x" * (1 << 20) + b"x", content_type="text/plain")
    no_length = client.post("/sign-in", data=b"", content_type="text/plain", headers={"Transfer-Encoding": "chunked"})

    assert (too_much.status_code, no_length.status_code) == (413, 413)
