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


def test_a_stopped_clock_says_on_what_ground() -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        who = rider()
        case = office.accepted(who.actor)
        actions.stop_clock(case, ground="inspection", reason="看车", by=office.APPROVER)
        seen = who.page(place(case))

    assert ("the clock stands" in seen, "inspection" in seen) == (True, True)


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


def test_who_has_no_licence_is_told_so() -> None:
    assert "No licence has been issued to you here" in rider().page("/citizen/licences")
