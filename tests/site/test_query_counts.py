"""A list asks the database as often with many rows as with few: no query in a loop, in a template or per field."""

from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, timedelta

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.city import City

pytestmark = pytest.mark.django_db

MORE = 30


def grown(rows: "models.QuerySet[models.Model]", many: int = 0, **fields: Callable[[int], object]) -> None:
    """Thirty more like the first row, or `many`, unlike it only in `fields`."""
    first = rows.first()
    assert first is not None
    alike = []
    for number in range(1, (many or MORE) + 1):
        row = copy(first)
        row._state = copy(first._state)
        row.pk = None
        for name, value in fields.items():
            setattr(row, name, value(number))
        alike.append(row)
    type(first)._base_manager.bulk_create(alike)


def more_batches() -> None:
    from gusu.resources.exchange.models import Batch

    grown(Batch.objects.filter(exchange__code="divisions"), number=lambda n: n + 1)


def more_exchanges() -> None:
    from gusu.resources.exchange.models import Exchange

    grown(Exchange.objects.filter(code="divisions"), code=lambda n: f"divisions-{n}")


def more_registers() -> None:
    from gusu.resources.registers.models import Edition, Register

    grown(Register.objects.filter(code="divisions"), code=lambda n: f"zz{n}", title_zh=lambda n: f"库{n}")
    new = list(Register.objects.filter(code__startswith="zz").order_by("pk"))
    grown(Edition.objects.filter(register__code="divisions"), register_id=lambda n: new[n - 1].pk)


def more_quarantine() -> None:
    from gusu.resources.quality.models import Quarantined

    grown(Quarantined.objects.filter(check_of__batch__exchange__code="divisions"), position=lambda n: 10_000 + n)


def more_results() -> None:
    from gusu.resources.quality.models import RuleResult

    grown(RuleResult.objects.filter(check_of__batch__exchange__code="divisions"), rule=lambda n: f"rule {n}")


def more_rules() -> None:
    from gusu.resources.quality.models import Rule

    grown(Rule.objects.filter(resource="divisions"), code=lambda n: f"rule {n}")


def more_lines() -> None:
    from gusu.kernel.actor import house
    from gusu.kernel.audit import trail

    for _ in range(MORE):
        trail.append("packkit.apply", by=house("tests"))


def more_days() -> None:
    from gusu.kernel.calendar.models import CalendarDay

    days = [date(2026, 7, 1) + timedelta(days=number) for number in range(MORE)]
    CalendarDay.objects.bulk_create(
        [CalendarDay(date=day, working=False, name_zh="休", name_en="Off", source="tests") for day in days],
        ignore_conflicts=True,
    )


def more_organisations() -> None:
    from gusu.identity.organisations.models import Organisation

    rows = Organisation.objects.filter(code="health")
    parent = rows.get()
    grown(rows, code=lambda n: f"health{n}", path=lambda n: f"{parent.path}/health{n}", parent_id=lambda n: parent.pk)


def more_accounts() -> None:
    from gusu.identity.accounts.models import Account

    grown(
        Account.objects.filter(sign_in_name="citizen"),
        pk=lambda n: f"acc1-{n:026}",
        sign_in_name=lambda n: f"citizen{n}",
    )


def more_demo_people() -> None:
    more_accounts()


def more_appointments() -> None:
    from gusu.identity.accounts.models import Appointment

    grown(
        Appointment.objects.filter(account__sign_in_name="auditor"),
        since=lambda n: date(2020, 1, n),
        until=lambda n: date(2099, 1, n),
    )


def more_entries(many: int = MORE) -> None:
    from gusu.resources.catalogue.models import Entry

    own = Entry.objects.filter(resource="divisions")
    grown(own, many, resource=lambda n: f"divisions-{n}", code=lambda n: f"D/{n}")


def a_hundred_entries() -> None:
    """The home page only counts them, and has to show it: in three figures."""
    more_entries(100)


def more_related() -> None:
    from gusu.resources.catalogue.models import Entry

    more_entries()
    Entry.objects.filter(resource="divisions").update(related=[f"divisions-{n}" for n in range(1, MORE + 1)])


def more_items() -> None:
    from gusu.services.items.models import Item, ItemVersion

    grown(Item.objects.filter(item="residence_permit"), item=lambda n: f"item-{n}", code=lambda n: f"{n:031}")
    new = list(Item.objects.filter(item__startswith="item-").order_by("pk"))
    grown(ItemVersion.objects.filter(item__item="residence_permit"), item_id=lambda n: new[n - 1].pk)


def more_targets() -> None:
    from gusu.governance.performance.models import Target

    grown(Target.objects.all(), code=lambda n: f"target-{n}")


LISTS: Sequence[tuple[str, str, Callable[[], None]]] = [
    ("anonymous", "/", more_registers),
    ("anonymous", "/", a_hundred_entries),
    ("anonymous", "/", a_hundred_entries),
    ("citizen", "/citizen", more_registers),
    ("enterprise", "/enterprise", more_registers),
    ("anonymous", "/data", more_entries),
    ("anonymous", "/data?q=区划", more_entries),
    ("anonymous", "/data/divisions", more_related),
    ("anonymous", "/data/divisions", more_rules),
    ("anonymous", "/search?q=区划", more_entries),
    ("anonymous", "/services", more_items),
    ("anonymous", "/services?q=居住证&audience=1", more_items),
    ("anonymous", "/search?q=居住证", more_items),
    ("anonymous", "/api/services", more_items),
    ("anonymous", "/api/services/scores", more_items),
    ("anonymous", "/targets", more_targets),
    ("anonymous", "/organisations", more_organisations),
    ("anonymous", "/organisations?q=卫生", more_organisations),
    ("anonymous", "/organisations/health", more_organisations),
    ("anonymous", "/sign-in", more_demo_people),
    ("data", "/official", more_exchanges),
    ("data", "/official/exchanges", more_batches),
    ("data", "/official/exchanges", more_exchanges),
    ("data", "/official/exchanges", more_registers),
    ("data", "/official/exchanges/divisions/1", more_quarantine),
    ("data", "/official/exchanges/divisions/1", more_results),
    ("auditor", "/official/audit?verb=packkit", more_lines),
    ("administrator", "/official/calendar?year=2026", more_days),
    ("administrator", "/accounts", more_accounts),
    ("administrator", "/accounts?q=沈", more_accounts),
    ("administrator", "/accounts/{auditor}", more_appointments),
    ("auditor", "/account", more_appointments),
    ("anonymous", "/api/registers", more_registers),
    ("anonymous", "/api/catalogue", more_entries),
    ("data", "/api/batches", more_batches),
    ("data", "/api/batches/divisions/1/rules", more_results),
    ("data", "/api/batches/divisions/1/quarantine", more_quarantine),
]


@pytest.mark.parametrize(("role", "path", "more"), LISTS, ids=[f"{path} {more.__name__}" for _, path, more in LISTS])
def test_thirty_rows_more_cost_no_query_more(city: City, role: str, path: str, more: Callable[[], None]) -> None:
    where, client = path.format(**city.accounts), city.client(role)
    few = asked(client, where)

    more()

    many = asked(client, where)
    assert many[1] > few[1], "the page does not show what was added"
    assert many[0] == few[0], "\n".join(sorted({sql[:300] for sql in many[2]}))


def test_a_longer_list_for_a_department_costs_no_query_more(city: City) -> None:
    client = city.client("data")

    short, long = (
        asked(client, f"/official/exchanges/{code}/1/quarantine.csv") for code in ("divisions", "division_changes")
    )

    assert long[1] > short[1]
    assert long[0] == short[0]


FEW_AND_MANY = [  # what the register really holds: an answer of one row or two, and one of thirty
    ("/registers/divisions?q=姑苏区", "/registers/divisions?q=苏州"),
    ("/search?q=姑苏区", "/search?q=苏州"),
    ("/registers/divisions/820000000000", "/registers/divisions/320000000000"),
    ("/api/registers/divisions/search?q=姑苏区", "/api/registers/divisions/search?q=苏州"),
    ("/api/registers/divisions/320508/became", "/api/registers/divisions/320503/became"),
]


@pytest.mark.parametrize(("few", "many"), FEW_AND_MANY)
def test_a_longer_answer_of_a_register_costs_no_query_more(city: City, few: str, many: str) -> None:
    client = city.client("anonymous")

    short, long = asked(client, few), asked(client, many)

    assert long[1] > short[1]
    assert long[0] == short[0]


def asked(client: Client, path: str) -> tuple[int, int, list[str]]:
    """(queries, length of the answer, what was asked)"""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[arg-type]
    assert answer.status_code == 200
    return len(queries), len(body), [query["sql"] for query in queries]
