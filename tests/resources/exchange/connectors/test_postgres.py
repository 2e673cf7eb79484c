"""A department's PostgreSQL: one snapshot, digests from there, changes without a gap."""

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.resources.exchange.connectors.contract import (
    COLUMNS,
    ROWS,
    Cells,
    ConnectorContract,
    Place,
    landed,
    received,
    standing,
)

from gusu.resources.exchange.connections import keep
from gusu.resources.exchange.connectors.postgres import table
from gusu.resources.exchange.models import BatchState
from gusu.resources.exchange.queries import incidents
from gusu.resources.exchange.queries import standing as standing_of


@dataclass
class Database(Place):
    connector: str = "postgres"
    keeps_empty: bool = True
    dsn: str = ""
    types: dict[str, str] = field(default_factory=lambda: {"at": "timestamptz"})

    def put(self, rows: Sequence[Cells], columns: Sequence[str] = COLUMNS) -> None:
        typed = ", ".join(f'"{column}" {self.types.get(column, "text")}' for column in columns)
        with psycopg.connect(self.dsn, autocommit=True) as database:
            database.execute("DROP TABLE IF EXISTS huji.rk")
            database.execute(f"CREATE TABLE huji.rk ({typed})")  # type: ignore[arg-type]
        self.add(rows)

    def add(self, rows: Sequence[Cells]) -> None:
        with psycopg.connect(self.dsn) as database:
            for row in rows:
                marks = ", ".join(["%s"] * len(row))
                database.execute(f"INSERT INTO huji.rk VALUES ({marks})", row)  # type: ignore[arg-type]

    def run(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as database:
            database.execute(statement)  # type: ignore[arg-type]

    def lose(self) -> None:
        keep("police", {"dsn": "postgresql://someone:secret@127.0.0.1:9/gone"})


@pytest.fixture
def place(own_keys: None) -> Iterator[Database]:
    url, name = os.environ["DATABASE_URL"], f"source_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    dsn = make_conninfo(url, dbname=name)
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute("CREATE SCHEMA huji")
    keep("police", {"dsn": dsn})
    yield Database(settings={"connection": "police", "table": "huji.rk"}, dsn=dsn)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class TestPostgres(ConnectorContract):
    pass


@pytest.mark.django_db
def test_what_changed_comes_and_nothing_else(place: Database) -> None:
    place.settings["lag"] = 1
    place.put(ROWS)
    exchange = standing(place)
    received(exchange)
    place.run("UPDATE huji.rk SET name = 'new', at = '2026-11-20 09:00:00+08' WHERE code = '3'")

    batch, again = received(exchange), received(exchange)

    assert (batch.state, batch.complete, batch.rows) == (BatchState.LANDED, False, 1)
    assert again.state == BatchState.UNCHANGED


@pytest.mark.django_db
def test_a_transaction_that_commits_late_is_not_lost(place: Database) -> None:
    """Its rows carry a time before the newest we have seen: `greater than the newest` would never find them."""
    place.put(ROWS)
    exchange = standing(place)
    received(exchange)
    place.add([("0", "late", "2026-11-20 08:00:02+08")])

    batch, again = received(exchange), received(exchange)

    assert (batch.state, batch.rows) == (BatchState.LANDED, len(ROWS) + 1)  # the whole window once more
    assert again.state == BatchState.UNCHANGED


@pytest.mark.django_db
def test_positions_are_ranks_by_key_as_the_source_orders_it(place: Database) -> None:
    place.types = {"at": "timestamptz", "code": "integer"}
    place.put([("10", "j", ROWS[0][2]), ("9", "i", ROWS[0][2]), ("100", "k", ROWS[0][2])])

    batch = received(standing(place))

    assert [(position, code) for position, code, *_ in landed(batch)] == [(1, "9"), (2, "10"), (3, "100")]


@pytest.mark.django_db
def test_chunks_are_measured_at_both_ends(place: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("landing", "connectors.postgres.table"):
        monkeypatch.setattr(f"gusu.resources.exchange.{module}.CHUNK_ROWS", 3)
    place.put(ROWS)

    batch = received(standing(place))

    cuts = [(it.number, it.rows, it.first_position, it.last_position) for it in batch.chunks.order_by("number")]
    assert cuts == [(0, 3, 1, 3), (1, 3, 4, 6), (2, 1, 7, 7)]


@pytest.mark.django_db
def test_a_source_that_is_not_what_it_adds_up_to_is_an_incident(
    place: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put(ROWS)
    copy = table.Table.copy
    narrower = sql.SQL("code <> '2'")
    monkeypatch.setattr(table.Table, "copy", lambda self, wanted, file: copy(self, narrower, file))

    batch = received(standing(place))

    assert (batch.state, batch.refused_code) == (BatchState.REFUSED, "unbalanced")
    assert [str(found) for found in incidents()] == [str(batch)]


@pytest.mark.django_db
def test_a_password_that_is_not_taken_and_a_table_that_is_not_there_say_so(place: Database) -> None:
    place.put(ROWS)
    exchange = standing(place)
    exchange.settings = place.settings | {"table": "huji.none"}
    exchange.save()

    assert received(exchange).refused_code == "table_missing"
    keep("police", {"dsn": make_conninfo(place.dsn, dbname="never_made", password="secret")})
    batch = received(exchange)
    assert (batch.refused_code, "secret" in batch.refused_en) == ("not_let_in", False)


@pytest.mark.django_db
def test_what_stands_is_the_newest_whole_and_every_later_change(place: Database) -> None:
    place.put(ROWS)
    exchange = standing(place)
    batches = [received(exchange)]
    for moment in ("09", "10"):
        place.run(f"UPDATE huji.rk SET at = '2026-11-20 {moment}:00:00+08' WHERE code = '3'")
        batches.append(received(exchange))
    batches.append(received(exchange, whole=True))
    place.run("UPDATE huji.rk SET at = '2026-11-20 11:00:00+08' WHERE code = '3'")
    batches.append(received(exchange))

    exchange.batches.filter(state=BatchState.LANDED).update(state=BatchState.CHECKED)
    newest = standing_of("people")
    exchange.batches.filter(number__gte=4).update(state=BatchState.REFUSED)

    assert [batch.number for batch in newest] == [4, 5]
    assert [batch.number for batch in standing_of("people")] == [1, 2, 3]
