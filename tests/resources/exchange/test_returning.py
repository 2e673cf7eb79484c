"""The road back: an outcome stands in its department's own table once, whatever is away or killed on the way there."""

import os
import secrets
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gusu.kernel import clock
from gusu.kernel.actor import Actor, house
from gusu.kernel.audit.models import AuditLine
from gusu.kernel.engine import digest, duck
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.events.models import OutboxEvent
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import passes
from gusu.kernel.packs import Label
from gusu.resources.exchange import jobs, returning
from gusu.resources.exchange.actions import deliver_outcomes, drop_returned_values, return_outcome
from gusu.resources.exchange.connections import keep
from gusu.resources.exchange.connectors.postgres.writing import measure_of
from gusu.resources.exchange.errors import OutcomeIncomplete
from gusu.resources.exchange.events import OutcomeWaiting
from gusu.resources.exchange.models import Outcome, OutcomeState, Receipt, Return
from gusu.resources.exchange.pack import ReturnPiece, Returns
from gusu.resources.exchange.queries import outcome_of, outcomes, returns
from gusu.site.commands import exchange as command
from gusu.site.wiring import LISTENERS

BY = house("tests")
NAME = "沈小梅演示"  # a person's; nothing but the department's table may show it
COLUMNS = {"BH": "licence.number", "XM": "person.name", "RQ": "licence.issued_on"}
TABLE = """
CREATE TABLE dest.kept ("BH" varchar(8) PRIMARY KEY, "XM" text NOT NULL CHECK ("XM" <> '拒'), "RQ" date,
  "GXSJ" timestamptz DEFAULT clock_timestamp())
"""


@dataclass
class Department:
    """A department's own PostgreSQL, with a table that we write to."""

    dsn: str

    def run(self, statement: str) -> list[Any]:
        with psycopg.connect(self.dsn) as database:
            found = database.execute(statement)  # type: ignore[arg-type]
            return found.fetchall() if found.description else []

    def rows(self) -> list[tuple[str, str, str]]:
        return self.run('SELECT "BH", "XM", "RQ"::text FROM dest.kept ORDER BY 1')

    def comes_back(self) -> None:
        keep("there", {"dsn": self.dsn})


@pytest.fixture
def department(committed: None) -> Iterator[Department]:
    url, name = os.environ["DATABASE_URL"], f"target_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    found = Department(make_conninfo(url, dbname=name))
    found.run(f"CREATE SCHEMA dest; {TABLE}")
    found.comes_back()
    yield found
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def road(department: Department) -> Return:
    return declared()


def declared(**settings: str) -> Return:
    piece = ReturnPiece(
        "permits",
        Label("证件回流", "Permits"),
        "postgres",
        {"connection": "there", "table": "dest.kept", "key": "BH", "changed": "GXSJ"} | settings,
        COLUMNS,
    )
    Returns().apply([piece], by=BY)
    return Return.objects.get(code="permits")


def put_down(key: str, *, number: str = "", name: str = NAME, issued: str = "2026-11-24") -> Outcome:
    row = {"licence.number": number or key, "person.name": name, "licence.issued_on": issued, "case.number": "x"}
    with transaction.atomic():
        return return_outcome("permits", key=key, row=row, by=BY)


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def states() -> dict[str, str]:
    return dict(Outcome.objects.values_list("key", "state"))


def events(name: str) -> list[Any]:
    return list(OutboxEvent.objects.filter(name=name).order_by("pk").values_list("body", flat=True))


def amend(key: str, *, number: str, **changed: str) -> Outcome:
    with transaction.atomic():
        row = {"licence.number": number, "licence.issued_on": "2026-12-01"} | changed
        return return_outcome("permits", key=key, row=row, amends=True, by=BY)


def test_what_amends_a_row_leaves_every_other_column_as_the_department_has_made_it(
    road: Return, department: Department
) -> None:
    put_down("c1")
    put_down("c2")
    amend("c1.later", number="c1")  # in one breath: the row first, then its change
    assert deliver_outcomes(road, by=BY)
    assert deliver_outcomes(road, by=BY)
    department.run("""UPDATE dest.kept SET "XM" = '更正后' WHERE "BH" = 'c2'""")
    amend("c2.later", number="c2")
    assert deliver_outcomes(road, by=BY)

    assert department.rows() == [("c1", NAME, "2026-12-01"), ("c2", "更正后", "2026-12-01")]
    assert set(states().values()) == {"returned"}
    assert all(receipt.digest_sent == receipt.digest_kept for receipt in Receipt.objects.all())


def test_what_amends_a_row_that_is_not_there_is_refused_and_puts_none_in(road: Return, department: Department) -> None:
    amend("c9.later", number="c9")

    deliver_outcomes(road, by=BY)

    assert (department.rows(), states()) == ([], {"c9.later": "refused"})
    with pytest.raises(OutcomeIncomplete):  # whose row?
        return_outcome("permits", key="c8", row={"licence.issued_on": "2026-12-01"}, amends=True, by=BY)


def test_an_outcome_stands_in_the_departments_table_with_a_receipt_of_both_ends(
    road: Return, department: Department
) -> None:
    put_down("c1")
    put_down("c2", issued="")

    assert deliver_outcomes(road, by=BY)

    assert department.rows() == [("c1", NAME, "2026-11-24"), ("c2", NAME, None)]
    [receipt] = Receipt.objects.all()
    assert (receipt.rows, receipt.digest_sent) == (2, receipt.digest_kept)
    told = [(one.key, one.state, one.receipt) for one in outcomes("permits")]
    assert told == [("c2", OutcomeState.RETURNED, receipt), ("c1", OutcomeState.RETURNED, receipt)]
    assert events("exchange.outcome_waiting") == [{"return_code": "permits"}] * 2
    returned = {"return_code": "permits", "keys": ["c1", "c2"], "refused": []}
    assert events("exchange.outcomes_returned") == [returned]
    assert not deliver_outcomes(road, by=BY)


def test_an_outcome_put_down_twice_is_one_and_the_first(road: Return, department: Department) -> None:
    first, second = put_down("c1"), put_down("c1", name="另一人")

    deliver_outcomes(road, by=BY)

    assert first == second == put_down("c1")
    assert department.rows() == [("c1", NAME, "2026-11-24")]


def test_killed_between_their_commit_and_ours_it_is_done_again_and_stands_once(
    road: Return, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_down("c1")
    with monkeypatch.context() as patched:
        patched.setattr(returning, "_delivered", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver_outcomes(road, by=BY)
    written = department.run("SELECT * FROM dest.kept")

    assert (states(), len(written), Receipt.objects.count()) == ({"c1": "waiting"}, 1, 0)
    assert deliver_outcomes(road, by=BY)

    assert department.run("SELECT * FROM dest.kept") == written  # not even its time of change
    assert (states(), Receipt.objects.count()) == ({"c1": "returned"}, 1)


def test_a_department_that_is_away_leaves_everything_waiting_and_says_so_once(
    road: Return, department: Department
) -> None:
    keep("there", {"dsn": make_conninfo(department.dsn, port=1)})
    put_down("c1")

    for _ in range(2):
        with pytest.raises(jobs.StillWaiting):
            jobs.hand_back("permits")

    [told] = returns()
    assert (told.waiting, told.returned, told.oldest) == (1, 0, Outcome.objects.get().made_at)
    assert "cannot be reached" in told.trouble.en
    assert told.trouble_since is not None
    assert AuditLine.objects.filter(verb="exchange.deliver_outcomes").count() == 1
    department.comes_back()
    jobs.hand_back("permits")
    [told] = returns()
    assert (states(), told.trouble.en, told.trouble_since) == ({"c1": "returned"}, "", None)


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ({"table": "dest.none"}, "target_missing"),
        ({"changed": "SJ"}, "target_columns_missing"),
        ({"key": "XM"}, "target_keyless"),
        ({"connection": "nowhere"}, "connection_missing"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_is_lost(
    setting: dict[str, str], code: str, department: Department
) -> None:
    road = declared(**setting)
    put_down("c1")

    deliver_outcomes(road, by=BY)
    road.refresh_from_db()
    assert (road.trouble_code, states()) == (code, {"c1": "waiting"})

    deliver_outcomes(declared(), by=BY)
    assert states() == {"c1": "returned"}


REFUSED = {
    "too long for its column": ({"number": "123456789"}, "StringDataRightTruncation", "BH"),
    "no such day": ({"issued": "2026-02-30"}, "DatetimeFieldOverflow", "RQ"),
    "no day": ({"issued": "明天"}, "InvalidDatetimeFormat", "RQ"),
    "against a constraint": ({"name": "拒"}, "CheckViolation", "kept_XM_check"),
    "missing": ({"name": ""}, "NotNullViolation", "XM"),
    "a character no table keeps": ({"name": "a\0b"}, "NulCharacter", "XM"),
    "kept in another form": ({"issued": "20261124"}, "KeptDifferently", "RQ"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_the_table_will_not_take_stops_no_other(name: str, road: Return, department: Department) -> None:
    words, why, column = REFUSED[name]
    for number in range(7):
        put_down(f"c{number}")
    put_down("bad", **words)
    put_down("c8")

    assert deliver_outcomes(road, by=BY)

    assert [number for number, *_ in department.rows()] == [f"c{number}" for number in (0, 1, 2, 3, 4, 5, 6, 8)]
    refused = outcome_of("permits", "bad")
    assert refused is not None
    assert (refused.state, refused.refused_code, refused.refused_column) == (OutcomeState.REFUSED, why, column)
    assert Receipt.objects.get().rows == 8
    assert events("exchange.outcomes_returned")[0]["refused"] == ["bad"]


def test_a_refused_outcome_said_again_waits_again_with_what_is_said_now(road: Return, department: Department) -> None:
    put_down("c1", name="拒")
    deliver_outcomes(road, by=BY)
    assert states() == {"c1": "refused"}

    put_down("c1")
    deliver_outcomes(road, by=BY)

    assert (states(), department.rows()) == ({"c1": "returned"}, [("c1", NAME, "2026-11-24")])


def test_two_outcomes_of_one_licence_follow_each_other(road: Return, department: Department) -> None:
    put_down("c1", number="7")
    put_down("c2", number="7", name="演示后来")

    jobs.hand_back("permits")

    assert (states(), department.rows()) == (
        {"c1": "returned", "c2": "returned"},
        [("7", "演示后来", "2026-11-24")],
    )
    assert Receipt.objects.count() == 2


def test_a_trigger_that_changes_what_was_sent_is_seen(road: Return, department: Department) -> None:
    department.run(
        "CREATE FUNCTION dest.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        """NEW."XM" := left(NEW."XM", 1); RETURN NEW; END $$;"""
        "CREATE TRIGGER cut BEFORE INSERT ON dest.kept FOR EACH ROW EXECUTE FUNCTION dest.cut()"
    )
    put_down("c1")
    put_down("c2", name="演")

    deliver_outcomes(road, by=BY)

    refused = outcome_of("permits", "c1")
    assert (states(), refused and refused.refused_code) == ({"c1": "refused", "c2": "returned"}, "KeptDifferently")
    assert department.rows() == [("c2", "演", "2026-11-24")]


def test_no_value_of_anybodys_is_kept_open_or_written_to_the_trail(road: Return, department: Department) -> None:
    put_down("c1")
    put_down("c2", name="拒", number=NAME)
    deliver_outcomes(road, by=BY)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT string_agg(o::text, '') FROM resources_outcome AS o)"
            " || (SELECT string_agg(e::text, '') FROM kernel_outboxevent AS e)"
            " || (SELECT string_agg(a::text, '') FROM kernel_auditline AS a)"
            " || (SELECT string_agg(r::text, '') FROM resources_receipt AS r)"
        )
        [told] = cursor.fetchone()
    assert (NAME in told, "拒" in told, "v1.1." in told) == (False, False, True)


def test_values_go_when_their_time_is_over_and_the_receipt_stays(road: Return) -> None:
    put_down("c1")
    deliver_outcomes(road, by=BY)
    put_down("c2")

    with clock.frozen(clock.now() + timedelta(days=29)):
        assert drop_returned_values(road, by=BY) == 0
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert drop_returned_values(road, by=BY) == 1

    kept = {one.key: (bool(one.sealed), one.receipt is not None) for one in outcomes()}
    assert kept == {"c1": (False, True), "c2": (True, False)}


def queued() -> int:
    """Jobs that wait to hand something back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [jobs.RETURN]
        )
        [(found,)] = cursor.fetchall()
    return int(found)


def test_what_is_put_down_queues_one_job_and_every_hour_looks_again(road: Return) -> None:
    assert jobs.on_outcome_waiting in LISTENERS[OutcomeWaiting]
    jobs.on_hour(HourPassed())
    assert queued() == 0
    put_down("c1")

    jobs.on_outcome_waiting(OutcomeWaiting(return_code="permits"))
    jobs.on_outcome_waiting(OutcomeWaiting(return_code="permits"))
    jobs.on_hour(HourPassed())

    assert queued() == 1
    assert passes(jobs.StillWaiting())  # tried again until the department is back


def test_an_hour_drops_the_values_of_what_was_returned_long_ago(road: Return) -> None:
    put_down("c1")
    deliver_outcomes(road, by=BY)

    with clock.frozen(clock.now() + timedelta(days=31)):
        jobs.on_hour(HourPassed())

    assert Outcome.objects.get().sealed == ""


def test_the_command_line_lists_returns_and_hands_back_now(road: Return, department: Department) -> None:
    put_down("c1")
    keep("there", {"dsn": make_conninfo(department.dsn, port=1)})
    away = command.run(Namespace(verb="return", code="permits"))
    department.comes_back()

    back = command.run(Namespace(verb="return", code="permits"))
    listed = command.run(Namespace(verb="returns"))

    assert (away.code, "cannot be reached" in away.text) == (1, True)
    assert (back.code, back.text) == (0, listed.text)
    assert listed.data == [{"code": "permits", "waiting": 0, "returned": 1, "refused": 0}]


def test_only_the_house_puts_an_outcome_down(road: Return) -> None:
    official = Actor("acc1-TEST", permissions=frozenset({"exchange.run"}))

    with pytest.raises(NotAllowed):
        return_outcome("permits", key="c1", row={}, by=official)
    with pytest.raises(OutcomeIncomplete, match=r"licence\.issued_on, licence\.number"):
        return_outcome("permits", key="c1", row={"person.name": NAME}, by=BY)
    with pytest.raises(NotFound):
        return_outcome("nowhere", key="c1", row={}, by=BY)
    assert states() == {}


@pytest.mark.django_db
@hypothesis_settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2, max_size=2)
    )
)
def test_what_we_add_up_in_hand_is_what_the_engine_adds_up(rows: list[list[str | None]]) -> None:
    listed = ", ".join(f"({', '.join('NULL' if it is None else duck.literal(it) for it in row)})" for row in rows)
    relation = f"(SELECT * FROM (VALUES {listed or '(NULL, NULL)'}) AS v(a, b) {'' if rows else 'LIMIT 0'})"

    [found] = duck.run([digest.measured(relation, ["a", "b"], "00ff")])

    assert digest.whole(digest.measures(found).values()) == measure_of(rows, "00ff")
