"""What has moved on meanwhile, what ends when, and what is left of whom: the edges of a case's life."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from msgspec import structs
from tests.services.cases import office
from tests.services.cases.office import APPROVER, BY

from gusu.kernel import clock as time
from gusu.kernel.calendar.rules import DAY
from gusu.kernel.packs import Label
from gusu.resources.exchange.models import Outcome
from gusu.resources.exchange.pack import ReturnPiece, Returns
from gusu.services.cases import actions, jobs, queries
from gusu.services.cases.actions import NotYourWard, WrongFile
from gusu.services.cases.models import Case, State
from gusu.services.items.actions import write_items
from gusu.services.items.spec import Time
from gusu.services.licences.actions import revoke, write_kinds
from gusu.services.licences.queries import licence_of_case

MONDAY = date(2026, 9, 7)
PDF = b"%PDF-1.7 "


@pytest.fixture
def town(db: None) -> None:
    office.found_office()


def on(day: date) -> AbstractContextManager[None]:
    return time.frozen(time.at_noon(day))


def test_what_was_handed_in_since_the_list_was_made_does_not_expire(town: None) -> None:
    listed = office.opened()
    office.handed_in(Case.objects.get(pk=listed.pk), by=office.citizen())

    assert actions.expire_case(listed, by=BY).state == State.SUBMITTED


def test_a_correction_keeps_the_end_that_an_erasure_has_set(town: None) -> None:
    case = office.returned()
    Case.objects.filter(pk=case.pk).update(kept_until=time.today())

    corrected = office.handed_in(Case.objects.get(pk=case.pk), office.TYPED, by=office.citizen())

    assert (corrected.state, corrected.kept_until) == (State.RECEIVED, time.today())


def test_what_is_printed_goes_once_the_licence_is_over(town: None) -> None:
    office.issue_permits()
    case = office.issued()
    with on(time.today() + timedelta(days=30)):
        case = actions.forget_case(Case.objects.get(pk=case.pk), by=BY)
        licence = licence_of_case(case.pk)
        assert licence
        assert (bool(licence.printed), case.kept_until) == (True, (licence.valid_to or MONDAY) + DAY)
    with on((case.kept_until or MONDAY) + DAY):
        jobs.hourly()

    licence.refresh_from_db()
    assert (licence.printed, licence.document, Case.objects.get(pk=case.pk).kept_until) == ("", "", None)


def test_a_renewed_licence_goes_on_from_the_end_of_the_former_and_that_one_ends_at_the_department(db: None) -> None:
    columns = {"BH": "licence.number", "YX": "licence.valid_to"}
    settings = {"connection": "there", "table": "their.own", "key": "BH"}
    Returns().apply([ReturnPiece("permits", Label("回流", "back"), "postgres", settings, columns)], by=BY)
    office.found_office(returned_to="permits")
    write_kinds([structs.replace(office.PERMIT, renewed_within=30)])
    with on(MONDAY):
        first = office.issued()
        actions.close_case(first, by=BY)
    with on(date(2027, 8, 20)):
        second = office.issued()

    former, new = licence_of_case(first.pk), licence_of_case(second.pk)
    assert former
    assert new
    assert former.valid_to == MONDAY.replace(year=2027)
    assert (new.valid_from, new.valid_to) == (date(2027, 8, 20), MONDAY.replace(year=2028))
    assert sorted(Outcome.objects.values_list("key", flat=True)) == sorted([first.pk, f"{first.pk}.ended", second.pk])


def test_taking_back_what_was_over_lengthens_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"BH": "licence.number", "YX": "licence.valid_to"}
    settings = {"connection": "there", "table": "their.own", "key": "BH"}
    Returns().apply([ReturnPiece("permits", Label("回流", "back"), "postgres", settings, columns)], by=BY)
    office.found_office(returned_to="permits")
    office.issue_permits()
    rows: list[dict[str, str]] = []
    monkeypatch.setattr(actions, "return_outcome", lambda _code, *, row, **_more: rows.append(dict(row)))
    with on(MONDAY):
        case = office.issued()
    held = licence_of_case(case.pk)
    assert held
    with on((held.valid_to or MONDAY) + timedelta(days=200)):
        revoke(held, ground="wrongly_issued", reason="错发", by=office.official("licences.revoke"))
        actions.return_revocation(Case.objects.get(pk=case.pk), by=BY)

    assert rows[-1] == {"licence.number": held.number, "licence.valid_to": str(held.valid_to)}


@pytest.mark.parametrize(("asked_on", "promised"), [(1, 3), (3, 1)])
def test_an_extension_does_not_mend_a_promise_that_was_broken(town: None, asked_on: int, promised: int) -> None:
    write_items([structs.replace(office.LENIENT, promised=Time(1), statutory=Time(20))])
    with on(MONDAY):
        case = office.accepted()
    with on(MONDAY + asked_on * DAY):
        case = actions.extend_clock(case, days=2, reason="案情复杂", by=APPROVER)

    assert {one.kind: one.clock.allowed for one in told(case)} == {
        "acceptance": 5,
        "promised": promised,
        "statutory": 22,
    }


def told(case: Case) -> list[queries.Shown]:
    kept = queries.pinned(case)
    return queries.clocks(case, kept.item, kept.decision)


def test_ten_files_of_one_material_leave_room_for_the_others(town: None) -> None:
    case, person = office.opened(), office.citizen()
    for number in range(actions.MOST_FILES):
        actions.attach_file(case, PDF + bytes([number]), material=1, by=person)

    with pytest.raises(WrongFile):
        actions.attach_file(case, PDF + b"one more", material=1, by=person)
    assert actions.attach_file(case, PDF, material=0, by=person).material == 0


def test_a_new_account_of_the_same_person_goes_on_with_their_case(town: None) -> None:
    case = office.returned()
    anew = replace(office.citizen(), account="acc1-ANEW")

    assert [one.pk for one in queries.own_cases(by=anew)[0]] == [case.pk]
    assert actions.withdraw_case(Case.objects.get(pk=case.pk), by=anew).state == State.WITHDRAWN


def test_whoever_may_no_longer_act_for_somebody_does_nothing_to_their_case(town: None) -> None:
    case, former = office.submitted(), replace(office.citizen(7), account="acc1-FORMER")
    Case.objects.filter(pk=case.pk).update(account=former.account, applicant=former.subject)

    for deed in (
        lambda: actions.withdraw_case(case, by=former),
        lambda: actions.attach_file(case, PDF, material=1, by=former),
    ):
        with pytest.raises(NotYourWard):
            deed()
    assert (Case.objects.get().state, case.files.count()) == (State.SUBMITTED, 0)


def test_the_hour_goes_on_where_a_case_has_moved(town: None) -> None:
    case = office.returned()
    Case.objects.filter(pk=case.pk).update(state=State.RECEIVED)
    late = office.accepted(office.citizen(2))
    Case.objects.filter(pk=late.pk).update(state=State.DECIDED, decided_at=time.now() - timedelta(hours=1))

    jobs.hourly()

    assert Case.objects.get(pk=case.pk).state == State.RECEIVED
