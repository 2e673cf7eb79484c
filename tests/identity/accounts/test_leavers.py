"""An official's account closes with their last post, and what they had in hand is told to be free."""

from datetime import timedelta

import pytest
from tests.identity.city import HOUSE, Make, Person

from gusu.identity.accounts import actions, jobs, queries
from gusu.identity.accounts.models import Appointment
from gusu.identity.organisations.actions import close_organisation
from gusu.identity.organisations.queries import organisation
from gusu.identity.roles.pack import Roles
from gusu.identity.roles.queries import role
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import lines
from gusu.kernel.errors import NotAllowed
from gusu.kernel.events.models import OutboxEvent


def is_closed(somebody: Person) -> bool:
    return queries.account(somebody.account.pk).closed_at is not None


def told() -> list[str]:
    return [row.body["account"] for row in OutboxEvent.objects.filter(name="accounts.account_closed").order_by("pk")]


def end_last_post(somebody: Person, by: Actor = HOUSE) -> None:
    actions.end_appointment(queries.appointments_of(somebody.account).get(until=None), by=by)


def test_with_the_last_post_the_account_closes_and_its_sessions_end(person: Make) -> None:
    auditor = person("auditor")

    end_last_post(auditor)

    assert (is_closed(auditor), told()) == (True, [auditor.account.pk])
    assert auditor.client.get("/for-auditors")["Location"].startswith("/sign-in")
    assert [line.actor for line in lines(verb="accounts.close_account")] == ["tests"]


def test_another_open_post_keeps_the_account(person: Make) -> None:
    auditor = person("auditor")
    actions.appoint(auditor.account, role=role("auditor"), organisation=organisation("police"), by=HOUSE)

    actions.end_appointment(queries.appointments_of(auditor.account).first(), by=HOUSE)  # type: ignore[arg-type]
    jobs.close_leavers()

    assert (is_closed(auditor), told()) == (False, [])


def test_a_post_that_is_still_to_begin_keeps_the_account(person: Make) -> None:
    auditor = person("auditor")
    tomorrow = clock.today() + timedelta(days=1)
    Appointment.objects.create(
        account=auditor.account, role=role("auditor"), organisation=organisation("police"), since=tomorrow
    )

    actions.end_appointment(queries.appointments_of(auditor.account).get(organisation__code="audit"), by=HOUSE)

    assert is_closed(auditor) is False


def test_whoever_leaves_by_themselves_closes_their_own_account(person: Make) -> None:
    auditor = person("auditor")

    end_last_post(auditor, by=Actor(auditor.account.pk))

    assert is_closed(auditor) is True


def test_a_day_that_passes_by_itself_closes_the_account_within_the_hour(person: Make) -> None:
    auditor = person("auditor")
    Appointment.objects.filter(account=auditor.account).update(until=clock.today() + timedelta(days=1))
    jobs.close_leavers()
    before = is_closed(auditor)

    with clock.frozen(clock.now() + timedelta(days=1)):
        jobs.close_leavers()
        jobs.close_leavers()

    assert (before, is_closed(auditor), told()) == (False, True, [auditor.account.pk])


def test_a_post_ends_with_its_role_or_its_organisation(person: Make) -> None:
    of_role, of_body = person("inspector"), person("auditor")
    Appointment.objects.filter(account=of_body.account).update(organisation=organisation("station"))

    Roles().retire(["inspector"], by=HOUSE)
    close_organisation(organisation("station"), by=HOUSE)
    jobs.close_leavers()

    assert (is_closed(of_role), is_closed(of_body)) == (True, True)
    assert OutboxEvent.objects.filter(name="organisations.organisation_closed").count() == 1


def test_who_was_never_appointed_and_who_is_no_official_stays(person: Make) -> None:
    new, citizen = person(), person(kind="citizen")

    jobs.close_leavers()

    assert (is_closed(new), is_closed(citizen)) == (False, False)


def test_invented_people_leave_like_everybody(person: Make) -> None:
    auditor = person("auditor", signed_in=False)
    type(auditor.account).objects.filter(pk=auditor.account.pk).update(demo=True)

    end_last_post(auditor)

    assert is_closed(auditor) is True


def test_the_last_administrator_is_not_closed_out(person: Make) -> None:
    administrator = person("administrator")

    with pytest.raises(actions.LastAdministrator):
        end_last_post(administrator)
    Appointment.objects.filter(account=administrator.account).update(until=clock.today())
    jobs.close_leavers()

    assert (is_closed(administrator), told()) == (False, [])
    assert lines(verb="accounts.end_appointment").get().code == "last_administrator"


def test_an_administrator_who_leaves_another_behind_is_closed(person: Make) -> None:
    first, _second = person("administrator"), person("administrator", name="second")

    end_last_post(first)

    assert is_closed(first) is True


def test_only_the_house_closes_leavers(person: Make) -> None:
    auditor, administrator = person("auditor"), Actor("acc1-X", permissions=frozenset({"identity.manage"}))

    with pytest.raises(NotAllowed):
        actions.close_leaver(auditor.account, by=administrator)
