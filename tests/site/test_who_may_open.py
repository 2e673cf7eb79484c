"""Who may open what: every address × every role × GET and POST, in one table. A new address that is not in it fails.

A row says who may, and what the city answers them; everybody else is sent to sign in (401 at the JSON door) or refused.
"""

from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.city import ROLES, City
from tests.site.routes import routes

from gusu.identity.access import rule_of

pytestmark = pytest.mark.django_db

EVERYONE = frozenset(ROLES)
SIGNED_IN = EVERYONE - {"anonymous"}
OFFICIALS = frozenset({"window", "data", "auditor", "administrator", "leader", "police", "approver"})
DATA, AUDITOR, ADMINISTRATOR, CITIZEN, ENTERPRISE = (
    frozenset({role}) for role in ("data", "auditor", "administrator", "citizen", "enterprise")
)


@dataclass(frozen=True)
class Row:
    """What those who may are answered; 405 where the address does not take the method. args: of the address."""

    may: frozenset[str]
    get: int = 405
    post: int = 405
    args: tuple[object, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    unlike: dict[str, int] = field(default_factory=dict)  # roles whom GET answers otherwise


CASEWORK = frozenset({"window", "police", "approver"})
CASE = ("case1-00000000000000000000000000",)
ANOTHERS = ("{citizen}",)  # the account of a citizen, filled in from the city
BATCH = ("divisions", 1)
SUBJECT = ("population", "sub1-00000000000000000000000000")
OBJECTION = ("obj1-00000000000000000000000000",)
PLACE = ("divisions", "320508000000")

TABLE = {
    # the house
    "healthz": Row(EVERYONE, get=503),  # no worker runs beside these tests
    "metrics": Row(EVERYONE, get=200),  # from this machine; see below
    # the JSON door
    "api:api-root": Row(EVERYONE, get=302),
    "api:nowhere": Row(EVERYONE, get=404, post=404, args=("nothing/here",)),
    "api:openapi-json": Row(EVERYONE, get=200),
    "api:api_registers": Row(EVERYONE, get=200),
    "api:api_register_search": Row(EVERYONE, get=200, args=("divisions",), query={"q": "姑苏"}),
    "api:api_register_key": Row(EVERYONE, get=200, args=PLACE),
    "api:api_register_became": Row(EVERYONE, get=200, args=("divisions", "320503")),
    "api:api_register_path": Row(EVERYONE, get=200, args=PLACE),
    "api:api_catalogue": Row(EVERYONE, get=200),
    "api:api_catalogue_entry": Row(EVERYONE, get=200, args=("divisions",)),
    "api:api_services": Row(EVERYONE, get=200),
    "api:api_service_scores": Row(EVERYONE, get=200),
    "api:api_service": Row(EVERYONE, get=200, args=("residence_permit",)),
    "api:api_licence": Row(EVERYONE, get=404, args=("no-code-of-ours",)),  # known ones: tests/services/licences
    "api:api_batches": Row(DATA, get=200),
    "api:api_batch_rules": Row(DATA, get=200, args=BATCH),
    "api:api_batch_quarantine": Row(DATA, get=200, args=BATCH),
    # the public portal
    "home": Row(EVERYONE, get=200),
    "search": Row(EVERYONE, get=200, query={"q": "姑苏"}),
    "language": Row(EVERYONE, post=302, sent={"language": "en"}),
    "register": Row(EVERYONE, get=200, args=("divisions",)),
    "subject": Row(EVERYONE, get=200, args=PLACE),
    "catalogue": Row(EVERYONE, get=200),
    "entry": Row(EVERYONE, get=200, args=("divisions",)),
    "services": Row(EVERYONE, get=200),
    "service": Row(EVERYONE, get=200, args=("residence_permit",)),
    "verify": Row(EVERYONE, get=200, post=422),
    "verified": Row(EVERYONE, get=404, args=("no-code-of-ours",)),
    "licence_root": Row(EVERYONE, get=200),
    "targets": Row(EVERYONE, get=200),
    "organisations": Row(EVERYONE, get=200),
    "organisation": Row(EVERYONE, get=200, args=("health",)),
    # the door and one's own account
    "sign_in": Row(EVERYONE, get=200, post=422, sent={"password": "x"}, unlike=dict.fromkeys(SIGNED_IN, 302)),
    "sign_out": Row(SIGNED_IN, post=302),
    "space": Row(SIGNED_IN, get=302),
    "my_account": Row(SIGNED_IN, get=200),
    "change_password": Row(SIGNED_IN, post=422),
    "one_time_code": Row(SIGNED_IN, get=200, post=302),
    "confirm_one_time_code": Row(SIGNED_IN, post=422),
    "remove_one_time_code": Row(SIGNED_IN, post=422),
    # the spaces
    "citizen_home": Row(CITIZEN, get=200),
    "enterprise_home": Row(ENTERPRISE, get=200),
    "official_home": Row(OFFICIALS, get=200),
    # one's own data; the demonstration's citizen has no checked name, and is told so
    "my_data": Row(CITIZEN, get=200),
    "looks": Row(CITIZEN, get=200),
    "looks_file": Row(CITIZEN, get=200),
    "object_to": Row(CITIZEN, get=200, post=302, args=("population", "person.address", "police")),
    "my_objections": Row(CITIZEN, get=200),
    "my_objection": Row(CITIZEN, get=200, args=OBJECTION),
    "withdraw_objection": Row(CITIZEN, post=302, args=OBJECTION),
    # what a person applies for; one's own cases are told in tests/spaces/citizens
    "real_name": Row(CITIZEN, get=200, post=422),
    "apply": Row(CITIZEN, get=200, post=302, args=("residence_permit",)),
    "own_cases": Row(CITIZEN, get=200),
    "own_case": Row(CITIZEN, get=200, args=CASE),
    "case_form": Row(CITIZEN, get=200, post=302, args=CASE),
    "discard": Row(CITIZEN, get=200, post=302, args=CASE),
    "withdrawal": Row(CITIZEN, get=200, post=302, args=CASE),
    "attach": Row(CITIZEN, post=302, args=CASE),
    "own_file": Row(CITIZEN, get=200, args=(*CASE, "file1-00000000000000000000000000")),
    "own_licences": Row(CITIZEN, get=200),
    "licence_document": Row(CITIZEN, get=200, args=("lic1-00000000000000000000000000",)),
    "objections": Row(frozenset({"window", "data", "police"}), get=200),
    "objection": Row(frozenset({"window", "data", "police"}), get=404, post=404, args=OBJECTION),
    # data officers
    "runs": Row(DATA, get=200),
    "receive": Row(DATA, post=302, args=("divisions",)),
    "batch": Row(DATA, get=200, args=BATCH),
    "quarantine_file": Row(DATA, get=200, args=BATCH),
    "base_register": Row(DATA, get=200, args=("population",)),
    "look_up": Row(DATA, post=422, args=("population",)),
    "golden_record": Row(DATA, get=200, args=SUBJECT),
    "timeline": Row(DATA, get=200, args=SUBJECT),
    "erase": Row(DATA, get=200, post=422, args=SUBJECT),
    "doubt": Row(DATA, get=200, args=("population", "name_differs")),
    "doubt_file": Row(DATA, get=200, args=("population", "name_differs", "police")),
    # who handles cases; a case's own answers are told in tests/spaces/officials
    "inbox": Row(CASEWORK, get=200),
    "inbox_file": Row(CASEWORK, get=200),
    "official_case": Row(CASEWORK, get=404, args=CASE),
    "official_case_file": Row(CASEWORK, get=404, args=(*CASE, "file1-00000000000000000000000000")),
    "case_receipt": Row(CASEWORK, post=404, args=CASE),
    "case_notice": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_acceptance": Row(CASEWORK, post=404, args=CASE),
    "case_refusal_to_accept": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_review": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_decision": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_return_to_review": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_stop": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_resumption": Row(CASEWORK, post=404, args=CASE),
    "case_extension": Row(CASEWORK, get=404, post=404, args=CASE),
    "case_revocation": Row(frozenset({"approver"}), get=404, post=404, args=CASE),
    "cards": Row(frozenset({"leader", "police", "approver"}), get=200),
    # auditors
    "audit": Row(AUDITOR, get=200),
    # administrators
    "calendar": Row(ADMINISTRATOR, get=200, post=302, sent={"date": "2026-10-01", "kind": "free"}),
    "edit_organisation": Row(
        ADMINISTRATOR, get=200, post=409, args=("health",), sent={"name_zh": "卫生局", "name_en": "Health"}
    ),  # a pack's until adopted
    "adopt_organisation": Row(ADMINISTRATOR, post=302, args=("health",)),
    "close_organisation": Row(ADMINISTRATOR, post=409, args=("health",)),
    "accounts": Row(ADMINISTRATOR, get=200),
    "new_account": Row(ADMINISTRATOR, get=200, post=422, sent={"kind": "citizen"}),
    "account": Row(ADMINISTRATOR, get=200, args=ANOTHERS),
    "appoint": Row(ADMINISTRATOR, post=422, args=ANOTHERS, sent={"role": "nobody"}),
    "end_appointment": Row(ADMINISTRATOR, post=404, args=(*ANOTHERS, 1)),
    "reset_password": Row(ADMINISTRATOR, post=200, args=ANOTHERS),
    "switch_off_codes": Row(ADMINISTRATOR, post=302, args=ANOTHERS),
    "close_account": Row(ADMINISTRATOR, post=302, args=ANOTHERS),
    "erase_account": Row(ADMINISTRATOR, post=302, args=ANOTHERS),
}


def address(name: str, city: City) -> str:
    args = [str(part).format(**city.accounts) if isinstance(part, str) else part for part in TABLE[name].args]
    return reverse(name, args=args or None)


def expected(name: str, role: str, method: str) -> int:
    row = TABLE[name]
    if role in row.may:
        return row.unlike.get(role, row.get) if method == "GET" else row.post
    if role == "anonymous":
        return 401 if name.startswith("api:") else 302
    return 403


def test_the_table_holds_every_address_and_no_other() -> None:
    assert sorted(TABLE) == sorted(routes())


def test_every_view_says_who_may_open_it() -> None:
    assert [name for name, view in routes().items() if rule_of(view) is None] == []


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_may_open(city: City, name: str, method: str) -> None:
    answers = {role: asked(city.client(role), city, name, method).status_code for role in ROLES}

    assert answers == {role: expected(name, role, method) for role in ROLES}


def asked(client: Client, city: City, name: str, method: str) -> HttpResponse:
    where, row = address(name, city), TABLE[name]
    return client.get(where, row.query) if method == "GET" else client.post(where, row.sent)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if "anonymous" not in row.may])
def test_a_stranger_is_sent_to_sign_in_and_comes_back(city: City, name: str) -> None:
    where, client = address(name, city), city.client("anonymous")

    answer = client.get(where, {"page": "2"})

    if name.startswith("api:"):
        assert (answer.json()["code"], answer["Content-Type"]) == ("not_signed_in", "application/problem+json")
    else:
        assert answer["Location"] == f"/sign-in?{urlencode({'next': where + '?page=2'})}"


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.post != 405])
def test_a_form_without_its_token_is_refused(city: City, name: str) -> None:
    client = city.client("administrator", enforce_csrf_checks=True)

    answer = client.post(address(name, city), TABLE[name].sent)

    assert answer.status_code == 403


def test_figures_are_for_this_machine_and_for_operations(city: City) -> None:
    from_elsewhere = {role: city.client(role).get("/metrics", REMOTE_ADDR="192.0.2.7").status_code for role in ROLES}

    assert from_elsewhere == {role: 200 if role == "administrator" else 403 for role in ROLES}


# Nothing of another by changing a number


def test_an_appointment_is_ended_only_at_its_own_account(city: City) -> None:
    from gusu.identity.accounts.queries import account, appointments_of

    [post] = appointments_of(account(city.accounts["auditor"]))
    client = city.client("administrator")

    wrong = client.post(f"/accounts/{city.accounts['citizen']}/appointments/{post.pk}/end")
    still = client.get(f"/accounts/{city.accounts['auditor']}").content.decode()

    assert wrong.status_code == 404
    assert f"appointments/{post.pk}/end" in still


def test_a_batch_is_found_only_in_its_own_exchange(city: City) -> None:
    from gusu.kernel.lake.models import LakeFile
    from gusu.resources.exchange.queries import Batch

    Batch.objects.filter(exchange__code="divisions").update(number=7)
    LakeFile.objects.filter(dataset__in=["divisions", "divisions.findings"]).update(batch="000007")
    client = city.client("data")

    addresses = ["/official/exchanges/{}/7", "/official/exchanges/{}/7/quarantine.csv", "/api/batches/{}/7/rules"]
    found = {
        code: [client.get(where.format(code)).status_code for where in addresses]
        for code in ("divisions", "division_changes")
    }

    assert found == {"divisions": [200] * 3, "division_changes": [404] * 3}


def test_ones_own_pages_take_nobodys_number(city: City) -> None:
    own = ("my_account", "change_password", "one_time_code", "confirm_one_time_code", "remove_one_time_code")
    client = city.client("citizen")

    assert [reverse(name).strip("/").split("/")[0] for name in own] == ["account"] * len(own)
    seen = client.get(f"/account?key={city.accounts['enterprise']}&account={city.accounts['enterprise']}")
    assert "陆企航" not in seen.content.decode()


def test_a_register_that_is_not_open_is_for_those_who_explain_it(city: City) -> None:
    from gusu.resources.registers.models import Register

    register = Register.objects.get(code="divisions")
    register.spec = register.spec | {"open": False}
    register.save(update_fields=["spec"])
    places = ["/registers/divisions", "/registers/divisions/320508", "/api/registers/divisions/320508"]
    places += ["/api/registers/divisions/search?q=姑苏", "/api/registers/divisions/320508/path"]
    places += ["/api/registers/divisions/320508/became"]

    citizen = [city.client("citizen").get(place).status_code for place in places]
    officer = [city.client("data").get(place).status_code for place in places]
    found = city.client("citizen").get("/search?q=姑苏区").content.decode()

    assert (citizen, officer) == ([403] * len(places), [200] * len(places))
    assert "/registers/divisions" not in found
