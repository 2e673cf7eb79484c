"""A department's interface: pages, a token, and what it may not lie about."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.resources.exchange.connectors.contract import (
    COLUMNS,
    ROWS,
    Cells,
    ConnectorContract,
    Place,
    received,
    standing,
)

from gusu.resources.exchange.connections import keep
from gusu.resources.exchange.models import BatchState

TOKEN = "secret-token"


@dataclass
class Interface(Place):
    connector: str = "http_json"
    keeps_empty: bool = True
    url: str = ""
    records: list[dict[str, str | None]] = field(default_factory=list)
    lie: dict[int, dict[str, Any]] = field(default_factory=dict)  # by page, what it says instead
    answers: list[int] = field(default_factory=list)  # statuses to give before any good answer
    asked: list[str] = field(default_factory=list)

    def put(self, rows: Sequence[Cells], columns: Sequence[str] = COLUMNS) -> None:
        self.records = [dict(zip(columns, row, strict=True)) for row in rows]

    def lose(self) -> None:
        keep("health", {"url": "http://127.0.0.1:9", "token": TOKEN})

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        page, size = int(query["page"][0]), int(query["size"][0])
        since = query.get("since", [""])[0]
        found = [record for record in self.records if (record.get("at") or "") >= since]
        records = found[(page - 1) * size : page * size]
        return {"total": len(found), "page": page, "records": records} | self.lie.get(page, {})


@pytest.fixture
def place(own_keys: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Interface]:
    interface = Interface(settings={"connection": "health", "path": "/api/records", "page_size": 3})
    monkeypatch.setattr("gusu.resources.exchange.connectors.http_json.client.WAITS", (0.0, 0.0))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            interface.asked.append(self.path)
            status = interface.answers.pop(0) if interface.answers else 200
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status = 401
            body = b"{}"
            if status == 200:
                body = json.dumps(interface.page(parse_qs(urlsplit(self.path).query))).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()  # it looks so often whether to end
        interface.url = f"http://127.0.0.1:{server.server_port}"
        keep("health", {"url": interface.url, "token": TOKEN})
        yield interface
        server.shutdown()


class TestHttpJson(ConnectorContract):
    pass


LIES: dict[str, tuple[int, dict[str, Any]]] = {
    "a total larger than what comes": (3, {"records": []}),
    "a page with fewer records": (1, {"records": [{"code": "1", "name": "x", "at": ""}]}),
    "a page with more records": (3, {"records": [{"code": "1", "name": "x", "at": ""}] * 3}),
    "another page's number": (2, {"page": 1}),
    "a total that changes on the way": (2, {"total": 8}),
    "no total": (1, {"total": None}),
    "no records": (1, {"records": None}),
    "records that are none": (1, {"records": [1, 2, 3]}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", LIES)
def test_a_page_that_lies_is_refused_by_its_number(name: str, place: Interface) -> None:
    page, said = LIES[name]
    place.put(ROWS)
    place.lie = {page: said}

    batch = received(standing(place))

    assert (batch.state, batch.refused_code) == (BatchState.REFUSED, "wrong_answer")
    assert f"Page {page} of" in batch.refused_en


@pytest.mark.django_db
def test_a_field_renamed_on_a_later_page_is_named(place: Interface) -> None:
    place.put(ROWS)
    place.records[3]["nmae"] = place.records[3].pop("name")

    assert received(standing(place)).refused_code == "wrong_columns"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "code", "asked"),
    [([500, 503], "", 5), ([500] * 9, "unreachable", 3), ([302], "unreachable", 1), ([404], "unreachable", 1)],
)
def test_it_is_tried_again_where_that_may_help(answers: list[int], code: str, asked: int, place: Interface) -> None:
    place.put(ROWS)
    place.answers = answers

    batch = received(standing(place))

    assert (batch.refused_code, len(place.asked)) == (code, asked)


@pytest.mark.django_db
def test_a_token_that_is_not_taken_is_told_and_not_repeated(place: Interface) -> None:
    place.put(ROWS)
    keep("health", {"url": place.url, "token": "another-secret"})

    batch = received(standing(place))

    assert batch.refused_code == "not_let_in"
    assert "another-secret" not in batch.refused_zh + batch.refused_en


@pytest.mark.django_db
def test_a_page_is_not_read_without_end(place: Interface, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gusu.resources.exchange.connectors.http_json.connector.LARGEST_PAGE", 100)
    place.put(ROWS)

    assert received(standing(place)).refused_code == "too_large"


@pytest.mark.django_db
def test_changes_are_asked_for_since_the_newest_moment_seen(place: Interface) -> None:
    place.put(ROWS)
    exchange = standing(place)
    first = received(exchange)
    place.records.append({"code": "8", "name": "new", "at": "2026-11-20 09:00:00+08"})

    batch = received(exchange)

    assert first.cursor == ROWS[-1][2]
    assert (batch.state, batch.complete, batch.rows) == (BatchState.LANDED, False, 2)
    assert batch.cursor == "2026-11-20 09:00:00+08"


@pytest.mark.django_db
def test_the_newest_moment_sent_once_more_is_nothing_new_and_a_latecomer_in_it_is(place: Interface) -> None:
    place.put(ROWS)
    exchange = standing(place)
    received(exchange)

    again = received(exchange)
    place.records.append({"code": "8", "name": "late", "at": ROWS[-1][2]})
    late = received(exchange)

    assert (again.state, late.state, late.rows) == (BatchState.UNCHANGED, BatchState.LANDED, 2)
