"""A person's own cases and their home, in the small office: where each stands, until when, why, and what then."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.services.cases import office
from tests.spaces.citizens.people import Person, in_anothers_stead, person, place, rider

from gusu.kernel import clock
from gusu.kernel.audit.queries import lines
from gusu.services.cases import actions
from gusu.services.cases.models import Case, State
from gusu.services.licences.actions import revoke
from gusu.services.licences.queries import licence_of_case

pytestmark = pytest.mark.usefixtures("office_open")
MONDAY = date(2026, 9, 7)


def cost(who: Person, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        who.page(path)
    return len(asked)


# One case


def test_whoever_no_longer_may_act_for_somebody_sees_where_the_case_stands_and_nothing_of_theirs() -> None:
    office.issue_permits()
    who = rider()
    case = in_anothers_stead(who, office.issued(office.citizen(2)))
    begun = in_anothers_stead(who, office.opened(office.citizen(3)))
    licence = licence_of_case(case.pk)
    assert licence

    seen = who.page(place(case))

    assert ("Decided" in seen, "What you handed in" in seen) == (True, False)
    assert who.client.get(f"/citizen/cases/{begun.pk}/form").status_code == 403
    assert who.client.get(f"/citizen/licences/{licence.pk}.pdf").status_code == 404


def test_a_case_says_until_when_and_why_day_by_day() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        seen = who.page(place(office.accepted(who.actor)))

    assert "5 working days left" in seen
    assert "Why this date?" in seen
    days = [f"<b>{MONDAY + timedelta(days=n)}</b>" for n in range(8)]
    assert [day in seen for day in days] == [True] * 8
    assert "the day of the event itself, not counted (Civil Code art. 201)" in seen


def test_before_the_acceptance_the_day_is_the_one_for_accepting_and_the_promise_stands_beside_it() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        cases = [office.submitted(who.actor), in_anothers_stead(who, office.received(office.citizen(2)))]
        seen = [who.page(place(case)) for case in cases]
        lists = who.page("/citizen"), who.page("/citizen/cases")

    told = "you are told by Sep 14, 2026 whether it is accepted"
    for page in seen:
        assert page.count(f"{told} (5 working days left); decided within 5 working days of the acceptance") == 2
    assert [(page.count(told), "by Sep 14, 2026 ·" in page) for page in lists] == [(2, False)] * 2


def test_a_stopped_clock_says_on_what_ground_and_from_when_and_never_that_it_runs() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        case = office.accepted(who.actor)
        actions.stop_clock(case, ground="inspection", reason="看车", by=office.APPROVER)
        today = who.page(place(case))
    with clock.frozen(clock.at_noon(MONDAY + timedelta(days=1))):
        morrow = who.page(place(case))

    assert [said in today for said in ("the clock stands from Sep 8, 2026 on", "about to stop", "inspection")] == [
        True
    ] * 3
    assert "inspection: from 2026-09-08 on" in today
    assert ("the clock stands<" in morrow, ">stopped</span>" in morrow) == (True, True)
    assert "inspection: 2026-09-08 – still standing" in morrow
    assert [">running</span>" in page for page in (today, morrow)] == [False, False]


def test_while_the_result_is_made_nothing_says_that_a_clock_stands() -> None:
    who = rider()
    case = office.decided(who.actor)

    pages = who.page(place(case)), who.page("/citizen/cases"), who.page("/citizen")
    Case.objects.filter(pk=case.pk).update(state=State.ISSUED)
    issued = who.page("/citizen/cases")

    assert [("granted; the licence is being made" in page, "clock stands" in page) for page in pages] == [
        (True, False)
    ] * 3
    assert ("granted; the result is issued" in issued, "clock stands" in issued) == (True, False)


def test_a_case_that_returned_nothing_to_anybody_is_concluded_and_no_more() -> None:
    who = rider()
    case = office.issued(who.actor)

    seen = who.page(place(case))

    assert case.state == State.CLOSED
    assert ("Concluded" in seen, "the department has the outcome" in seen) == (True, False)


def test_what_is_over_stands_at_home_as_recently_concluded() -> None:
    who = rider()
    office.issued(who.actor)

    seen = who.page("/citizen")

    assert ("Recently concluded" in seen, ">Ended<" in seen) == (True, False)


def test_a_guardians_case_names_the_child_and_that_another_applied() -> None:
    who = rider()
    case = in_anothers_stead(who, office.submitted(office.citizen(2)))
    own = office.submitted(who.actor)

    assert "林小舟 (you applied for them)" in who.page(place(case))
    assert "you applied for them" not in who.page(place(own))
    assert [who.page(path).count("<small>for 林小舟</small>") for path in ("/citizen", "/citizen/cases")] == [1, 1]


def test_an_extension_is_told() -> None:
    who = rider()
    case = office.accepted(who.actor)
    actions.extend_clock(case, days=3, reason="人手不足", by=office.APPROVER)

    assert ("3 more days" in (seen := who.page(place(case))), "人手不足" in seen) == (True, True)


def test_what_was_handed_in_stands_there_in_words_and_the_look_is_the_persons_own() -> None:
    who = rider()
    case = office.submitted(who.actor)

    seen = who.page(place(case))

    assert ("林小舟" in seen, "Red" in seen) == (True, True)
    [line] = [one for one in lines() if one.verb == "cases.read_answers"]
    assert (line.purpose, line.actor) == ("own_data", who.actor.account)


def test_every_step_is_a_line_and_an_officials_opinion_is_none_of_them() -> None:
    who = rider()

    seen = who.page(place(office.decided(who.actor)))

    for said in ("Submitted", "Taken in hand", "Accepted", "Reviewed", "Decided"):
        assert said in seen
    assert "情况属实" not in seen


def test_a_refused_case_gives_the_reason_and_says_what_one_can_do() -> None:
    who = rider()

    seen = who.page(place(office.decided(who.actor, granted=False)))

    assert ("理由" in seen, "within 60 days" in seen, "within six months" in seen) == (True, True, True)


def test_a_page_looks_again_by_itself_only_while_the_result_is_being_made() -> None:
    who = rider()
    case = office.accepted(who.actor)
    made = place(case)

    assert 'http-equiv="refresh"' not in who.page(made)
    actions.review_case(case, opinion="情况属实", by=office.OFFICER)
    actions.decide_case(case, granted=True, by=office.APPROVER)
    assert 'http-equiv="refresh"' in who.page(made)

    with clock.frozen(clock.now() + timedelta(minutes=5)):
        assert 'http-equiv="refresh"' not in who.page(made)
    assert [one.verb for one in lines() if one.verb == "cases.read_answers"] == ["cases.read_answers"]  # of the waiting


def test_a_case_is_withdrawn_only_after_being_asked_and_not_after_the_decision() -> None:
    who = rider()
    case = office.submitted(who.actor)

    assert place(case, "withdrawal") in who.page(place(case))
    who.page(place(case, "withdrawal"))
    assert Case.objects.get(pk=case.pk).state == State.SUBMITTED
    assert who.sent(place(case, "withdrawal"), reason="不需要了") == place(case)
    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN

    decided = office.decided(who.actor)
    assert place(decided, "withdrawal") not in who.page(place(decided))
    assert who.client.post(place(decided, "withdrawal")).status_code == 409
    assert Case.objects.get(pk=decided.pk).state == State.DECIDED


def test_a_case_thrown_away_as_a_draft_still_has_a_page() -> None:
    who = rider()
    case = actions.discard_case(office.opened(who.actor), by=who.actor)

    assert "Draft thrown away" in who.page(place(case))


def test_a_case_has_a_receipt_to_print() -> None:
    who = rider()
    case = office.submitted(who.actor)

    receipt = who.page(place(case)).split('id="receipt"')[1].split("</section>")[0]

    assert [said in receipt for said in (str(case.number), "林小舟", "Wheels", "print")] == [True] * 4


def test_a_correction_of_the_same_day_stopped_nothing_and_is_no_stop() -> None:
    who = rider()
    case = office.handed_in(office.returned(who.actor), by=who.actor)

    clock_card = who.page(place(case)).split("Why this date?")[1].split("</section>")[0]

    assert "correction:" not in clock_card


# Many cases


def test_a_long_list_is_turned_page_by_page_and_costs_no_query_more() -> None:
    who = rider()
    office.submitted(who.actor)
    in_anothers_stead(who, office.submitted(office.citizen(33)))
    few = cost(who, "/citizen/cases"), cost(who, "/citizen")
    for number in range(2, 33):
        in_anothers_stead(who, office.submitted(office.citizen(number)))

    assert (cost(who, "/citizen/cases"), cost(who, "/citizen")) == few
    one = who.page("/citizen/cases")
    two = who.page("/citizen/cases?before=" + one.split("?before=")[1].split('"')[0])
    shown = [[case for case in Case.objects.all() if f'href="{place(case)}"' in page] for page in (one, two)]
    assert ([len(found) for found in shown], set(shown[0]) & set(shown[1])) == ([30, 3], set())


def test_home_shows_what_waits_for_the_person_and_what_is_promised() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        returned = office.returned(who.actor)
        running = in_anothers_stead(who, office.accepted(office.citizen(2)))
        seen = who.page("/citizen")

    assert seen.index("Waiting for you") < seen.index(place(returned, "form")) < seen.index(f'"{place(running)}"')
    assert "5 working days left" in seen
    assert all(f'href="{door}"' in seen for door in ("/citizen/data", "/citizen/data/looks", "/citizen/objections"))


def test_home_of_somebody_unchecked_leads_to_the_check_and_shows_no_case() -> None:
    case = office.submitted(office.citizen(1))

    seen = person().page("/citizen")

    assert ("/citizen/real-name" in seen, place(case) in seen) == (True, False)


@pytest.mark.parametrize("path", ["/citizen/cases", "/citizen/licences", "/citizen/cases/case1-" + "0" * 26])
def test_the_unchecked_are_told_to_check_first(path: str) -> None:
    assert "/citizen/real-name?next=" in person().page(path)


# Licences


def test_a_licence_that_is_not_ones_own_is_not_there() -> None:
    assert rider().client.get(f"/citizen/licences/lic1-{'0' * 26}.pdf").status_code == 404


def taken_back(who: Person) -> Case:
    """A permit that was issued and revoked, on 9 September 2026."""
    office.issue_permits()
    case = office.issued(who.actor)
    licence = licence_of_case(case.pk)
    assert licence
    by = office.official("licences.revoke", account="APPROVER")
    with clock.frozen(clock.at_noon(MONDAY + timedelta(days=2))):
        revoke(licence, ground="wrongly_issued", reason="车已报废", by=by)
    return case


def test_a_licence_that_was_taken_back_says_when_on_what_ground_why_and_what_one_can_do() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        case = taken_back(who)
    with clock.frozen(clock.at_noon(MONDAY + timedelta(days=20))):
        pages = who.page(place(case)), who.page("/citizen/licences")

    for page in pages:
        said = ("It should not have been issued (art. 69)", "车已报废", "Sep 9, 2026", "within 60 days", "six months")
        assert [one for one in said if one not in page] == []
    assert "Wheels" in pages[0].split("was taken back on")[1].split("within 60 days")[0]


def test_home_tells_for_thirty_days_that_a_licence_was_taken_back() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        case = taken_back(who)
    pages = []
    for days in (3, 31, 33):
        with clock.frozen(clock.at_noon(MONDAY + timedelta(days=days))):
            pages.append(who.page("/citizen"))

    told = "Bicycle permit: the licence was taken back on Sep 9, 2026"
    assert [told in page for page in pages] == [True, True, False]
    assert pages[0].index(told) < pages[0].index(f'href="{place(case)}"')


def test_who_has_no_licence_is_told_so() -> None:
    assert "No licence has been issued to you here" in rider().page("/citizen/licences")
