"""Nobody may, unless the view says so."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern
from tests.identity.city import HOUSE, Make

from gusu.identity import urls
from gusu.identity.access import rule_of
from gusu.identity.accounts.actions import appoint, close_account, end_appointment, reset_password
from gusu.identity.accounts.queries import actor_signed_in, appointments_of
from gusu.identity.organisations.models import Organisation
from gusu.identity.organisations.queries import organisation
from gusu.identity.roles.pack import Roles
from gusu.identity.roles.queries import role
from gusu.kernel import clock
from gusu.kernel.audit.queries import lines


def test_every_view_of_the_wing_carries_its_rule() -> None:
    unmarked = [
        each.name for each in urls.urlpatterns if isinstance(each, URLPattern) and rule_of(each.callback) is None
    ]

    assert unmarked == []


def test_a_view_that_was_forgotten_is_open_to_nobody(person: Make, caplog: pytest.LogCaptureFixture) -> None:
    answers = [Client().get("/forgotten").status_code, person("administrator").client.get("/forgotten").status_code]

    assert answers == [403, 403]
    assert caplog.text.count("carries no @page") == 2


def test_who_is_not_signed_in_is_led_to_the_door_and_back(db: None) -> None:
    answer = Client().get("/for-auditors?page=2")

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Ffor-auditors%3Fpage%3D2")


@pytest.mark.parametrize(
    ("sent_from", "led_back_to"),
    [("http://testserver/for-auditors?page=2", "%2Ffor-auditors"), ("http://elsewhere/x", "%2F"), ("", "%2F")],
)
def test_who_was_signed_out_before_sending_is_told_so_and_led_back_to_the_form(
    db: None, sent_from: str, led_back_to: str
) -> None:
    client = Client(headers={"referer": sent_from, "accept-language": "en"})

    answer = client.post("/for-auditors", {"typed": "x"})

    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={led_back_to}")
    assert (
        "what you sent was not taken"
        in client.get(answer["Location"], headers={"accept-language": "en"}).content.decode()
    )


def test_who_lacks_the_permission_is_refused_and_the_trail_says_so(person: Make) -> None:
    citizen = person(kind="citizen")

    answer = citizen.client.get("/for-auditors")

    line = lines(verb="access.open_page").get()
    assert answer.status_code == 403
    assert (line.actor, line.outcome, line.detail) == (citizen.account.pk, "refused", {"route": "for_auditors"})


@pytest.mark.parametrize(
    ("role", "kind", "opens"),
    [
        ("auditor", "official", ["/for-auditors", "/foreign"]),
        ("administrator", "official", ["/foreign", "/accounts"]),
        ("", "citizen", ["/for-citizens", "/foreign"]),
        ("", "enterprise", ["/foreign"]),
    ],
)
def test_each_opens_what_the_rules_say_and_nothing_else(person: Make, role: str, kind: str, opens: list[str]) -> None:
    client = person(role, kind=kind).client

    tried = ["/for-auditors", "/for-citizens", "/foreign", "/accounts"]

    assert [path for path in tried if client.get(path).status_code == 200] == opens


def test_the_json_door_refuses_in_json(person: Make) -> None:
    stranger, citizen = Client().get("/api/for-auditors"), person(kind="citizen").client.get("/api/for-auditors")

    assert [(each.status_code, each["Content-Type"], each.json()["code"]) for each in (stranger, citizen)] == [
        (401, "application/problem+json", "not_signed_in"),
        (403, "application/problem+json", "not_allowed"),
    ]


def test_permissions_end_with_the_appointment(person: Make) -> None:
    auditor = person("auditor")
    before = auditor.client.get("/for-auditors").status_code
    post = appointments_of(auditor.account).get()
    appoint(auditor.account, role=role("administrator"), organisation=organisation("police"), by=HOUSE)

    end_appointment(post, by=HOUSE)

    assert (before, auditor.client.get("/for-auditors").status_code) == (200, 403)


def test_permissions_end_with_the_role_and_with_the_organisation(person: Make) -> None:
    auditor, administrator = person("auditor"), person("administrator")

    Roles().retire(["auditor"], by=HOUSE)
    without_role = auditor.client.get("/for-auditors").status_code
    Organisation.objects.filter(code="audit").update(ended_on=clock.today())
    without_organisation = administrator.client.get("/accounts").status_code

    assert (without_role, without_organisation) == (403, 403)


def test_closing_an_account_ends_its_sessions(person: Make) -> None:
    auditor = person("auditor")

    close_account(auditor.account, by=HOUSE)

    assert auditor.client.get("/for-auditors")["Location"] == "/sign-in?next=%2Ffor-auditors"


def test_a_new_password_ends_the_sessions_of_the_old_one(person: Make) -> None:
    auditor = person("auditor")

    reset_password(auditor.account, password="another-canal-garden", by=HOUSE)

    assert auditor.client.get("/for-auditors").status_code == 302


def test_a_password_for_one_sign_in_opens_nothing_but_changing_it(person: Make) -> None:
    auditor = person("auditor", signed_in=False)
    reset_password(auditor.account, password="first-canal-garden", by=HOUSE)

    client = auditor.client
    after = client.post(
        "/sign-in", {"sign_in_name": "auditor", "password": "first-canal-garden", "next": "/for-auditors"}
    )
    meanwhile = client.get("/for-auditors")
    client.post("/account/password", {"old": "first-canal-garden", "new": "own-canal-garden"})

    assert (after["Location"], meanwhile["Location"]) == ("/account", "/account")
    assert client.get("/for-auditors").status_code == 200


def test_the_actor_is_made_in_one_query(person: Make, django_assert_num_queries: Callable[..., object]) -> None:
    auditor = person("auditor", signed_in=False).account

    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        actor = actor_signed_in(auditor.pk, auditor.get_session_auth_hash())

    assert actor is not None
    assert (actor.organisation, actor.permissions, actor.assurance) == ("audit", {"audit.read", "kind.official"}, 1)
