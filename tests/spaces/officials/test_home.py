"""The officials' home: what waits for whom, and nothing that never will."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.services.cases import office
from tests.spaces.officials.desks import desk, objected
from tests.spaces.officials.test_cases import page

from gusu.kernel import clock

pytestmark = pytest.mark.usefixtures("office_open")


def test_who_answers_objections_sees_how_many_wait_and_the_nearest_day(db: None) -> None:
    soon = clock.today() + timedelta(days=3)
    objected(soon, soon + timedelta(days=2))

    seen = page(desk("keeper"), "/official")

    tile = seen.split("Objections to answer")[1].split("</div>")[0]
    assert ('<p class="stat-value">2</p>' in tile, soon.isoformat()[-2:].lstrip("0") in tile) == (True, True)
    assert seen.count('href="/official/objections"') == 2  # the number, and the door
    assert 'class="stat warn"' in seen


def test_an_overdue_objection_is_red_on_the_home(db: None) -> None:
    objected(date(2026, 1, 5))

    assert 'class="stat bad"' in page(desk("keeper"), "/official")


def test_anothers_objections_and_answered_ones_are_not_counted(db: None) -> None:
    objected(clock.today(), provider="boats")
    objected(clock.today(), state="upheld")

    seen = page(desk("keeper"), "/official")

    assert '<p class="stat-value">0</p>' in seen.split("Objections to answer")[1].split("</div>")[0]


def test_thirty_objections_cost_the_home_no_query_more(db: None) -> None:
    client = desk("keeper")
    objected(clock.today())

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, "/official")
        return len(queries)

    few = asked()
    objected(*[clock.today()] * 30)
    assert asked() == few


@pytest.mark.parametrize("who", ["leader", "administrator", "auditor"])
def test_who_handles_no_cases_is_promised_none(db: None, who: str) -> None:
    office.submitted()

    seen = page(desk(who), "/official")

    promises = [
        "Nothing is waiting",
        "appear here",
        "Open cases",
        'href="/official/objections"',
        'href="/official/cases"',
    ]
    assert [text for text in promises if text in seen] == []


@pytest.mark.parametrize(("who", "whose"), [("officer", "of your body"), ("window", "of every body")])
def test_the_home_says_whose_cases_it_counts(db: None, who: str, whose: str) -> None:
    client = desk(who)

    assert f"Open cases {whose}" in page(client, "/official")
    assert f"Open cases {whose}" in page(client, "/official/cases")
