"""A person's number planted in every bad place of a file is in no log, error, job or table: only in the lake."""

import logging
from pathlib import Path

import pytest
from django.db import connection
from tests.resources.road import HEADING, check, declare, receive, rule

from gusu.kernel.engine.errors import EngineRefused
from gusu.resources.exchange.actions import drop
from gusu.resources.exchange.models import Batch
from gusu.resources.quality.kinds import AnyKind, Format, InForce, InList, Present, Reference, Requires, Single, Unique

pytestmark = pytest.mark.usefixtures("committed")
ID, NAME, PHONE = "32050319900101001X", "沈小梅", "13912345678"
SECRETS = (ID, NAME, PHONE)
PERSON = f"{ID},{NAME},{PHONE}".encode()
FILES = {
    "no heading": PERSON + b"\n" + PERSON + b"\n",
    "short row": HEADING + b"\n1,a,b\n" + PERSON[:-12] + b"\n",
    "long row": HEADING + b"\n1,a,b\n" + PERSON + b"," + PERSON + b"\n",
    "open quote": HEADING + b'\n1,a,b\n"' + PERSON + b"\n",
    "words after quote": HEADING + b'\n"' + PERSON + b'"x,1,2\n',
    "wrong encoding": HEADING + b"\n" + f"{ID},{NAME},{PHONE}".encode("gb18030") + b"\n",
    "NUL": HEADING + b"\n" + PERSON + b"\0\n",
    "blank line": HEADING + b"\n" + PERSON + b"\n\n" + PERSON + b"\n",
    "mixed ends": HEADING + b"\n" + PERSON + b"\r\n" + PERSON + b"\n" + PERSON + b"\r1,2,3\n",
    "long line": HEADING + b"\n" + PERSON + b"x" * 3_000_000 + b"\n",
}
RULES: list[AnyKind] = [
    Format("name", "[a-z]+"),
    InList("name", ["a"]),
    Present(["missing"]),
    Unique(["code"]),
    Single(["code"], "note"),
    Reference("code", "name"),
    Requires("note", ["x"], ["missing"]),
    InForce(["code"], ["name"], "note"),
]


def everything_kept() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        texts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} AS t")
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


def told(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("name", FILES)
def test_a_refused_file_leaves_no_value_anywhere(name: str, caplog: pytest.LogCaptureFixture) -> None:
    exchange = declare()
    with caplog.at_level(logging.DEBUG):
        batch = receive(exchange, Path(drop("people.csv", [FILES[name]])))

    assert batch.state == "refused"
    assert told(everything_kept()) == []
    assert told(caplog.text) == []


def test_checked_rows_leave_positions_and_no_value(caplog: pytest.LogCaptureFixture) -> None:
    exchange = declare(["code", "name", "note", "missing"])
    for place, kind in enumerate(RULES):
        rule(f"people.{place}", kind)
    body = b"\n".join([b"code,name,note,missing", PERSON + b",", PERSON[:-1] + b"9,", PERSON + b","])

    with caplog.at_level(logging.DEBUG):
        batch = check(receive(exchange, Path(drop("people.csv", [body]))))

    assert batch.state == "checked"
    assert batch.checked.quarantined == 3
    assert told(everything_kept()) == []
    assert told(caplog.text) == []


def test_a_check_that_cannot_be_run_tells_no_value(caplog: pytest.LogCaptureFixture) -> None:
    exchange = declare()
    rule("people.faulty", Format("name", "("))
    batch = receive(exchange, Path(drop("people.csv", [HEADING, b"\n", PERSON, b"\n"])))

    with caplog.at_level(logging.DEBUG), pytest.raises(EngineRefused) as refusal:
        check(batch)

    assert Batch.objects.get().state == "landed"
    assert told(f"{refusal.value!r} {refusal.value.values} {everything_kept()} {caplog.text}") == []
