"""What was decided here stands in the department's table, and the register learns it from there.

The demo city's departments are built for real: their databases, their roles, the packs' returns and exchanges.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as connection_of_ours
from django.db import transaction
from tests.departments import departments
from tests.resources.road import BY

from gusu.demo.departments.cast import Cast, cast
from gusu.kernel.actor import Actor
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch, receive_batch, return_outcome
from gusu.resources.exchange.connections import connection
from gusu.resources.exchange.events import OutcomesReturned
from gusu.resources.exchange.jobs import COME_BACK, StillWaiting, come_back, hand_back, on_outcomes_returned
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.exchange.queries import outcome_of
from gusu.resources.quality.actions import check_batch
from gusu.resources.subjects.actions import fuse_register, link_batch
from gusu.resources.subjects.models import BaseRegister
from gusu.resources.subjects.queries import facts_about, subject_id
from gusu.site.wiring import PACK_ROOMS

FEEDING = ["police_residents", "insured_persons", "health_records", "residence_registrations"]
ISSUED = ["residence_permits", "senior_cards"]
OFFICER = Actor(account="acc1-TEST", organisation="resource_centre")


@pytest.fixture
def city(committed: None) -> Iterator[Cast]:
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(2_400):
        for code in [*FEEDING, *ISSUED]:
            assert taken_in(code).state in {"checked", "merged"}, code
        fuse_register(BaseRegister.objects.get(code="population"), by=BY)
        yield cast()


def taken_in(code: str) -> Batch:
    return taken(open_batch(Exchange.objects.get(code=code), by=BY))


def taken(batch: Batch) -> Batch:
    for step in (receive_batch, check_batch, link_batch):
        step(batch, by=BY)
        batch.refresh_from_db()
    return batch


def facts(number: str, *elements: str) -> dict[str, Any]:
    found = facts_about("population", subject_id("population", number), elements, purpose="data_quality", by=OFFICER)
    return {element: (fact.state, fact.value) for element, fact in found.items()}


def there(connection_name: str, query: str) -> list[Any]:
    with psycopg.connect(connection(connection_name)["dsn"]) as database:
        return database.execute(query).fetchall()  # type: ignore[arg-type]


def test_what_was_issued_goes_to_the_department_and_comes_home_as_a_fact(city: Cast) -> None:
    worker, elder = city.worker, city.elder
    assert worker is not None
    assert elder is not None
    empty = Batch.objects.get(exchange__code="residence_permits")
    assert (empty.number, empty.rows, empty.complete) == (1, 0, True)
    assert taken_in("residence_permits").state == "unchanged"
    before = facts(worker.number, "person.residence_permit", "person.home_division", "person.household")
    assert [state for state, _ in before.values()] == ["unknown", "known", "unknown"]
    with transaction.atomic():
        words = {"licence.issued_on": "2026-11-24", "person.id_number": worker.number, "person.name": worker.name}
        more = {"person.address": "演示地址", "residence_permit.purpose": "job", "case.number": "B1"}
        row = words | more | {"licence.number": "JZ1", "licence.valid_to": "2027-11-23"}
        return_outcome("residence_permits", key="case1-A", row=row, by=BY)
        words |= {"person.id_number": elder.number, "person.name": elder.name}
        row = words | {"licence.number": "YL1", "licence.valid_to": "", "case.number": "B2"}
        return_outcome("senior_cards", key="case1-B", row=row, by=BY)

    for code in ISSUED:
        hand_back(code)
        on_outcomes_returned(OutcomesReturned(return_code=code, keys=["case1-A"]))
        come_back(code)
        with pytest.raises(StillWaiting):  # one is being received: the next waits for its end
            come_back(code)
        assert taken(Batch.objects.get(exchange__code=code, state="opened")).rows == 1
        assert taken_in(code).state == "unchanged"
    fuse_register(BaseRegister.objects.get(code="population"), by=BY)

    assert [outcome_of(*where).state for where in (("residence_permits", "case1-A"), ("senior_cards", "case1-B"))] == [  # type: ignore[union-attr]
        "returned",
        "returned",
    ]
    with connection_of_ours.cursor() as cursor:
        cursor.execute("SELECT args->>'exchange' FROM procrastinate_jobs WHERE task_name = %s ORDER BY 1", [COME_BACK])
        assert [code for (code,) in cursor.fetchall()] == ISSUED
    assert there("police", 'SELECT "JZZH", "GMSFHM", "JZSY", "QFRQ"::text, "BJBH" FROM huji.jzz') == [
        ("JZ1", worker.number, "job", "2026-11-24", "B1")
    ]
    assert there("civil_affairs_cards", 'SELECT "YLZH", "XM", "YXQZ" FROM minzheng.ylz') == [("YL1", elder.name, None)]
    assert facts(worker.number, "person.residence_permit", "person.residence_permit_until") == {
        "person.residence_permit": ("known", "JZ1"),
        "person.residence_permit_until": ("known", "2027-11-23"),
    }
    assert facts(elder.number, "person.senior_card") == {"person.senior_card": ("known", "YL1")}

    # The permit is taken back: it ends in the police's own table, and so in the register.
    with transaction.atomic():
        ended = {"licence.number": "JZ1", "licence.valid_to": "2026-11-24"}
        return_outcome("residence_permits", key="case1-A.revoked", row=ended, amends=True, by=BY)
    hand_back("residence_permits")
    assert taken_in("residence_permits").rows == 1
    fuse_register(BaseRegister.objects.get(code="population"), by=BY)
    assert facts(worker.number, "person.residence_permit_until") == {
        "person.residence_permit_until": ("known", "2026-11-24")
    }
