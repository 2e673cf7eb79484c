"""What can happen to an account, and what is left when it is gone."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.identity.city import HOUSE, PASSWORD, Make

from gusu.identity.accounts import actions, queries
from gusu.identity.accounts.actions import NewAccount
from gusu.identity.accounts.models import Account, Appointment
from gusu.identity.organisations.queries import organisation
from gusu.identity.passwords import WeakPassword
from gusu.identity.roles.queries import role
from gusu.identity.signin.actions import sign_in
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import lines
from gusu.kernel.crypto import envelope
from gusu.kernel.errors import NotAllowed

ENGLISH = {"accept-language": "en"}


def test_a_name_is_taken_however_it_is_written(person: Make) -> None:
    person(kind="citizen", name="shen", signed_in=False)

    with pytest.raises(actions.NameTaken):
        actions.open_account(NewAccount("ＳHEN", "另一人", "citizen", password=PASSWORD), by=HOUSE)


@pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "shen.xiaomei", "x" * 300])
def test_weak_passwords_are_refused(city: None, password: str) -> None:
    with pytest.raises(WeakPassword):
        actions.open_account(NewAccount("shen.xiaomei", "沈小梅", "citizen", password=password), by=HOUSE)


def test_nobody_gives_themselves_a_role_or_a_password(person: Make) -> None:
    administrator = person("administrator")
    own = Actor(administrator.account.pk, permissions=frozenset({"identity.manage"}))

    with pytest.raises(NotAllowed):
        actions.appoint(administrator.account, role=role("auditor"), organisation=organisation("audit"), by=own)
    with pytest.raises(NotAllowed):
        actions.reset_password(administrator.account, password=PASSWORD, by=own)
    assert Appointment.objects.count() == 1


def test_a_post_is_held_once_at_a_time_and_only_by_officials(person: Make) -> None:
    auditor, citizen = person("auditor").account, person(kind="citizen").account

    with pytest.raises(actions.AlreadyAppointed):
        actions.appoint(auditor, role=role("auditor"), organisation=organisation("audit"), by=HOUSE)
    with pytest.raises(actions.NotAnOfficial):
        actions.appoint(citizen, role=role("auditor"), organisation=organisation("audit"), by=HOUSE)
    actions.appoint(auditor, role=role("auditor"), organisation=organisation("police"), by=HOUSE)
    actions.end_appointment(queries.appointments_of(auditor).get(organisation__code="audit"), by=HOUSE)
    actions.appoint(auditor, role=role("auditor"), organisation=organisation("audit"), by=HOUSE)

    assert [post.until for post in queries.appointments_of(auditor)] == [None, None, clock.today()]


def test_the_present_password_is_guessed_five_times_at_most(person: Make) -> None:
    client = person(kind="citizen").client
    wrong = {"old": "wrong", "new": "brand-new-garden"}

    answers = [client.post("/account/password", wrong).status_code for _ in range(6)]
    right = client.post("/account/password", wrong | {"old": PASSWORD}).status_code

    assert (answers, right) == ([403] * 5 + [429], 429)


def test_one_time_codes_begin_with_a_picture_and_end_with_a_code(person: Make) -> None:
    citizen = person(kind="citizen")
    client = citizen.client

    client.post("/account/one-time-code")
    page = client.get("/account/one-time-code", headers=ENGLISH).text
    account = queries.account(citizen.account.pk)
    codes = pyotp.TOTP(envelope.open_(account.otp_secret, context=account.otp_context))
    wrong = client.post("/account/one-time-code/confirmation", {"code": "000000x"}).status_code
    client.post("/account/one-time-code/confirmation", {"code": codes.at(clock.now())})
    replayed = client.post("/account/one-time-code/removal", {"code": codes.at(clock.now())}).status_code
    confirmed = queries.account(account.pk).otp_confirmed_at
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        removed = client.post("/account/one-time-code/removal", {"code": codes.at(clock.now())})["Location"]

    assert "data:image/svg+xml" in page
    assert (wrong, replayed, removed) == (422, 422, "/account")
    assert (confirmed is not None, queries.account(account.pk).otp_secret) == (True, "")


def test_the_secret_opens_for_its_own_account_only(person: Make) -> None:
    first, second = person(kind="citizen").account, person(kind="enterprise").account
    enrolled = actions.enrol_otp(first, by=Actor(first.pk))

    assert enrolled.otp_secret.startswith("v1.")
    with pytest.raises(InvalidTag):
        envelope.open_(enrolled.otp_secret, context=second.otp_context)


def test_who_should_use_codes_and_does_not_is_told(person: Make) -> None:
    told = "One of your roles should be protected"

    pages = [person(code).client.get("/account", headers=ENGLISH).text for code in ("inspector", "administrator")]

    assert [told in page for page in pages] == [True, False]


def test_a_role_that_needs_codes_gives_nothing_until_they_are_enrolled(person: Make) -> None:
    inspector = person("inspector").account

    def permissions() -> frozenset[str]:
        actor = queries.actor_signed_in(inspector.pk, inspector.get_session_auth_hash())
        assert actor is not None
        return actor.permissions

    before = permissions()
    inspector.otp_confirmed_at = clock.now()
    inspector.save()

    assert (before, permissions()) == ({"kind.official"}, {"kind.official", "audit.read"})


def test_only_the_house_says_which_subject_an_account_is(person: Make) -> None:
    citizen = person(kind="citizen").account

    with pytest.raises(NotAllowed):
        actions.bind_subject(
            citizen, subject_id="sub1-X", by=Actor(citizen.pk, permissions=frozenset({"identity.manage"}))
        )
    actions.bind_subject(citizen, subject_id="sub1-X", by=HOUSE)

    actor = queries.actor_signed_in(citizen.pk, citizen.get_session_auth_hash())
    assert actor is not None
    assert (actor.subject, actor.assurance) == ("sub1-X", 3)


def test_a_person_has_one_open_account_that_is_theirs(person: Make) -> None:
    first, second = (person(kind="citizen", name=name).account for name in ("shen", "wu"))
    actions.bind_subject(first, subject_id="sub1-X", by=HOUSE)

    with pytest.raises(actions.SubjectTaken):
        actions.bind_subject(second, subject_id="sub1-X", by=HOUSE)

    actions.close_account(first, by=HOUSE)
    assert actions.bind_subject(second, subject_id="sub1-X", by=HOUSE).subject_id == "sub1-X"


def test_erasing_keeps_the_number_and_nothing_that_says_who_it_was(person: Make) -> None:
    official = person("auditor", name="shen.xiaomei")
    actions.bind_subject(official.account, subject_id="sub1-SHEN", by=HOUSE)
    actions.enrol_otp(official.account, by=Actor(official.account.pk))

    actions.erase_account(official.account, by=HOUSE)

    row = str(Account.objects.filter(pk=official.account.pk).values().get())
    assert ("shen" in row, "姓名" in row, "SHEN" in row, "v1." in row) == (False,) * 4
    assert queries.appointments_in_force(official.account).count() == 0
    assert official.client.get("/account").status_code == 302
    assert queries.accounts_page().accounts == []


def test_no_line_of_the_trail_holds_a_name_a_password_or_a_code(person: Make) -> None:
    administrator = person("administrator").client
    new = {"sign_in_name": "shen.xiaomei", "display_name": "沈小梅", "kind": "official"}
    opened = administrator.post("/accounts/new", new).text
    account = queries.account_named("shen.xiaomei")
    assert account is not None
    key = account.pk
    administrator.post(f"/accounts/{key}/appointments", {"role": "auditor", "organisation": "police"})
    post = queries.appointments_of(account).get()
    administrator.post(f"/accounts/{key}/appointments/{post.pk}/end")
    for verb in ("password", "closing", "erasure"):
        administrator.post(f"/accounts/{key}/{verb}")

    trail = str(list(lines().values()))

    verbs = set(lines().values_list("verb", flat=True))
    assert "沈小梅" in opened
    assert {"accounts.open_account", "accounts.appoint", "accounts.end_appointment", "accounts.erase_account"} <= verbs
    assert [word for word in ("shen", "沈小梅", "姓名", PASSWORD) if word in trail] == []


def test_a_first_password_is_shown_once_and_works(person: Make) -> None:
    administrator = person("administrator").client
    new = {"sign_in_name": "shen", "display_name": "沈小梅", "kind": "citizen"}

    page = administrator.post("/accounts/new", new)

    password = page.text.split("<code>")[2].split("</code>")[0]
    assert sign_in("shen", password, address="192.0.2.1").must_change_password
    assert page["Cache-Control"] == "no-store"


def test_accounts_are_found_by_name_and_kind(person: Make) -> None:
    administrator = person("administrator").client
    person(kind="citizen", name="shen", signed_in=False)
    person(kind="enterprise", name="lu", signed_in=False)

    def found(query: str) -> list[str]:
        page = administrator.get(f"/accounts?{query}").text
        return [name for name in ("administrator", "lu", "shen") if f"<code>{name}</code>" in page]

    assert found("") == ["administrator", "lu", "shen"]
    assert found("q=SH") == ["shen"]
    assert found("q=lu的姓") == ["lu"]
    assert found("kind=citizen") == ["shen"]
    assert found("q=sh&kind=enterprise") == []


def test_the_list_pages_by_key_and_asks_as_often_with_one_row_as_with_thirty(person: Make) -> None:
    administrator = person("administrator")
    first = _queries(administrator.client, "/accounts")
    many = [
        Account(sign_in_name=f"n{i}", display_name="某人", kind="citizen", opened_at=clock.now()) for i in range(45)
    ]
    Account.objects.bulk_create(many)

    second = _queries(administrator.client, "/accounts")
    page = queries.accounts_page()
    older = queries.accounts_page(older_than=page.older)

    assert first == second
    assert (len(page.accounts), len(older.accounts), older.older) == (30, 16, "")
    assert {account.pk for account in page.accounts} & {account.pk for account in older.accounts} == set()


def test_one_account_asks_as_often_with_one_post_as_with_many(person: Make) -> None:
    administrator, auditor = person("administrator").client, person("auditor").account
    path = f"/accounts/{auditor.pk}"
    first = _queries(administrator, path)
    posts = [("auditor", "police"), ("auditor", "station"), ("administrator", "police"), ("administrator", "city")]
    for role_code, place in posts:
        actions.appoint(auditor, role=role(role_code), organisation=organisation(place), by=HOUSE)

    assert _queries(administrator, path) == first
    assert _queries(Client(), path) == 0


def _queries(client: Client, path: str) -> int:
    """How many a page asks, its session's aside."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(path)
    return sum("django_session" not in query["sql"] for query in asked.captured_queries)


def test_the_sign_in_page_lists_the_people_of_a_demonstration_only(person: Make, lists: Callable[[], bool]) -> None:
    person(kind="citizen")
    before = lists()
    actions.open_account(NewAccount("demo", "演示", "citizen", PASSWORD, keeps_password=True, demo=True), by=HOUSE)

    assert (before, lists()) == (False, True)


@pytest.fixture
def lists() -> Callable[[], bool]:
    return lambda: "People of this demonstration" in Client().get("/sign-in", headers=ENGLISH).text
