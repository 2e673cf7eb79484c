"""Paged JSON over HTTP: `GET <url><path>?page=1&size=5000[&since=…]` → `{"total": T, "page": 1, "records": [{…}]}`.

The connection's words: `url`, and `token`, which is sent as a bearer's (RFC 6750).  A page's records go into the spool
as they stand, one a line, and the engine reads them from there.  A position is a record's place in the whole answer
over all pages, from 1.  Changes are asked for `since` the newest moment seen, which the interface must take to be
included.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from gusu.kernel.engine.duck import literal, name
from gusu.kernel.text import Text
from gusu.resources.exchange.connections import connection, word_of
from gusu.resources.exchange.connectors import contract
from gusu.resources.exchange.connectors.contract import Asked, Source, texts
from gusu.resources.exchange.connectors.http_json.client import Client
from gusu.resources.exchange.errors import ColumnsMissing, WrongAnswer

MOST_PAGES = 100_000
LARGEST_PAGE = 64 << 20  # bytes


class Settings(contract.Settings, frozen=True, kw_only=True):
    """How the interface names things. page_size: how many records a page is asked to hold."""

    connection: str
    path: str
    page_size: int = 5000
    page_param: str = "page"
    size_param: str = "size"
    since_param: str = "since"
    records: str = "records"
    total: str = "total"
    page: str = "page"


@dataclass(slots=True)
class Fetched:
    """The pages that have come: where their records lie, what they hold together."""

    spooled: Path
    total: int = 0
    records: int = 0
    hashed: Any = field(default_factory=hashlib.sha256)


def source(asked: Asked) -> Source | None:
    """See the contract."""
    settings = asked.set_as(Settings)
    fetched = _fetched(asked, settings)
    if asked.cursor and not fetched.records:
        return None
    moment = name(asked.changed) if asked.changed else "NULL"
    return Source(
        relation=_relation(fetched, asked.columns),
        place=settings.path,
        sha256=fetched.hashed.hexdigest(),
        complete=not asked.cursor,
        newest=f"arg_max({moment}, try_cast({moment} AS TIMESTAMPTZ))" if asked.changed else "",
        told_rows=fetched.total,
    )


def _fetched(asked: Asked, settings: Settings) -> Fetched:
    """Every page, each looked at as it comes. WrongAnswer, ColumnsMissing, and what the client refuses."""
    fetched = Fetched(asked.spool / "records.json")
    with fetched.spooled.open("wb") as spool:
        for number, body in enumerate(_bodies(asked, settings, fetched), start=1):
            spool.writelines(_taken(fetched, number, body, asked, settings))
    return fetched


def _bodies(asked: Asked, settings: Settings, fetched: Fetched) -> Iterator[bytes]:
    words = connection(settings.connection)
    with Client(settings.connection, word_of(settings.connection, "url"), words.get("token", "")) as client:
        for page in range(1, MOST_PAGES + 1):
            query = {settings.page_param: str(page), settings.size_param: str(settings.page_size)}
            since = {settings.since_param: asked.cursor} if asked.cursor else {}
            yield client.get(settings.path, query | since, at_most=LARGEST_PAGE)
            if fetched.records >= fetched.total:
                return


def _taken(fetched: Fetched, number: int, body: bytes, asked: Asked, settings: Settings) -> list[bytes]:
    """What the page adds to the spool. WrongAnswer, ColumnsMissing."""
    page = _page(body, number, settings)
    records = page["records"]
    if number > 1 and page["total"] != fetched.total:
        raise _wrong(settings, number, "总数在读取过程中改变", "its total changed on the way")
    if page["page"] not in (None, number):
        raise _wrong(settings, number, "页码不符", "it says it is another page")
    left = page["total"] - fetched.records
    if len(records) != min(left, settings.page_size):
        raise _wrong(
            settings,
            number,
            f"应有 {min(left, settings.page_size)} 条记录，实有 {len(records)} 条",
            f"it should hold {min(left, settings.page_size)} records and holds {len(records)}",
        )
    if records:
        _prove_items(records[0], number, asked.columns, settings)
    fetched.hashed.update(body)
    fetched.total, fetched.records = page["total"], fetched.records + len(records)
    return [b"\n".join(records), b"\n"] if records else []


def _page(body: bytes, number: int, settings: Settings) -> dict[str, Any]:
    """total, page and the records, each record as it stands."""
    try:
        # a line break in JSON stands between things, never in a text (RFC 8259 §7): blanks leave one record a line
        one_line = body.replace(b"\n", b" ").replace(b"\r", b" ")
        envelope = msgspec.json.decode(one_line, type=dict[str, msgspec.Raw])
        return {
            "total": msgspec.json.decode(envelope[settings.total], type=int),
            "page": msgspec.json.decode(envelope.get(settings.page, b"null"), type=int | None),
            "records": msgspec.json.decode(envelope[settings.records], type=list[msgspec.Raw]),
        }
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError):
        raise _wrong(settings, number, "不是约定的 JSON", "it is not the JSON agreed") from None


def _prove_items(first: msgspec.Raw, number: int, columns: list[str], settings: Settings) -> None:
    """The first record of each page speaks for it: an interface renames a field everywhere or nowhere."""
    try:
        has = msgspec.json.decode(first, type=dict[str, Any])
    except msgspec.DecodeError:
        raise _wrong(settings, number, "记录不是 JSON 对象", "its records are no JSON objects") from None
    missing = [column for column in columns if column not in has]
    if missing:
        raise ColumnsMissing(place=settings.path, missing=", ".join(missing))


def _relation(fetched: Fetched, columns: list[str]) -> str:
    """The records of all pages in their order."""
    form = f"format='newline_delimited', maximum_object_size={LARGEST_PAGE}"
    return f"read_json({literal(str(fetched.spooled))}, {form}, columns={{{texts(columns)}}})"


def _wrong(settings: Settings, page: int, zh: str, en: str) -> WrongAnswer:
    return WrongAnswer(place=settings.path, page=page, why=Text(zh, en))
