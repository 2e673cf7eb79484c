"""One's own data, who looked, and objections, at the door: whose they are, what they cost, what never leaves."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.city import City

from gusu.kernel import clock, ids
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail

pytestmark = pytest.mark.django_db
ME, ANOTHER = ids.new("sub"), ids.new("sub")
MORE = 25


@pytest.fixture
def me(city: City) -> Client:
    """The demonstration's citizen, bound to a subject."""
    from gusu.identity.accounts.models import Account

    Account.objects.filter(sign_in_name="citizen").update(subject_id=ME, assurance=3)
    return city.client("citizen")


def looked(times: int, *, at: str = ME, refused: str = "") -> None:
    by = Actor("acc1-OFFICE", organisation="health")
    for _ in range(times):
        about = trail.Named("resources.population", at)
        detail: dict[str, object] = {"elements": ["person.name", "person.phone"], "withheld": ["person.phone"]}
        trail.append("subjects.facts_about", by=by, about=about, purpose="data_sharing", refused=refused, detail=detail)


def objected(times: int, *, subject: str = ME) -> list[str]:
    from gusu.resources.exchange.models import Batch
    from gusu.resources.objections.models import Objection

    batch, made = Batch.objects.earliest("pk"), []
    for number in range(times):
        objection = Objection(
            register="population", subject=subject, element=f"person.{number}", source="police", batch=batch,
            resource="police_residents", provider="public_security", position=number, seen_edition=0, state="sent",
            objected="x", right="y", reason="z", filed_at=clock.now(), due_on=date(2026, 1, 1),
        )  # fmt: skip
        objection.save()
        made.append(objection.pk)
    return made


def asked(client: Client, place: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(place)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[arg-type]
    assert answer.status_code == 200
    return len(queries), body.decode()


LISTS: list[tuple[str, str, Callable[[int], object]]] = [
    ("citizen", "/citizen/data/looks", looked),
    ("citizen", "/citizen/data/looks?organisation=health&year=", looked),
    ("citizen", "/citizen/data/looks.csv", looked),
    ("citizen", "/citizen/objections", objected),
    ("police", "/official/objections", objected),
]


@pytest.mark.parametrize(("role", "place", "more"), LISTS, ids=[place for _, place, _ in LISTS])
def test_more_rows_cost_no_query_more(
    city: City, me: Client, role: str, place: str, more: Callable[[int], object]
) -> None:
    client = city.client(role)
    more(1)
    few = asked(client, place)
    more(MORE) if more is looked else objected(MORE, subject=ANOTHER if role == "police" else ids.new("sub"))
    if role == "citizen" and more is objected:
        connection.cursor().execute("UPDATE resources_objection SET subject = %s WHERE position > 0", [ME])

    many = asked(client, place)

    assert many[0] == few[0]
    assert len(many[1]) > len(few[1])


def test_every_look_is_told_with_its_purpose_and_law_and_no_other_persons(me: Client) -> None:
    looked(1)
    looked(1, refused="withheld")
    looked(3, at=ANOTHER)

    seen = asked(me, "/citizen/data/looks.csv")[1].splitlines()

    assert [line.count("卫生局") for line in seen] == [0, 1, 1]
    assert [("已拒绝" in line or "turned away" in line) for line in seen] == [False, True, False]
    assert all("809" in line and "姓名" in line for line in seen[1:])
    assert "联系电话" in seen[2].split(",")[4]


def test_a_list_goes_on_where_the_page_ended(me: Client) -> None:
    looked(31)
    first = asked(me, "/citizen/data/looks")[1]
    address = first[first.index("?before=") :].split('"')[0]

    assert first.count('role="rowheader"') == 30
    assert asked(me, f"/citizen/data/looks{address}")[1].count('role="rowheader"') == 1


def test_anothers_objection_is_not_there_whatever_one_does_with_its_number(city: City, me: Client) -> None:
    [theirs] = objected(1, subject=ANOTHER)

    found = [
        me.get(f"/citizen/objections/{theirs}").status_code,
        me.post(f"/citizen/objections/{theirs}/withdrawal").status_code,
        me.get("/citizen/objections/obj1-00000000000000000000000000").status_code,
        city.client("civil").get(f"/official/objections/{theirs}").status_code,
        city.client("data").post(f"/official/objections/{theirs}", {"verdict": "upheld", "reason": "x"}).status_code,
        city.client("approver").get(f"/official/objections/{theirs}").status_code,
    ]

    assert found == [404, 404, 404, 404, 404, 403]
    assert theirs not in asked(me, "/citizen/objections")[1]


@pytest.mark.parametrize("year", ["0", "-1", "99999", "x", "２０２６"])
def test_a_year_that_is_none_finds_nothing_or_everything_and_breaks_nothing(me: Client, year: str) -> None:
    assert me.get("/citizen/data/looks", {"year": year, "before": "x", "organisation": "-"}).status_code == 200


def test_opening_ones_data_leaves_one_line(me: Client) -> None:
    from gusu.kernel.audit.models import AuditLine

    asked(me, "/citizen/data")

    [line] = AuditLine.objects.filter(subject_id=ME)
    assert (line.verb, line.purpose) == ("subjects.facts_about", "own_data")
