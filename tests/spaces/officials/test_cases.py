"""The officials' pages of cases: what they show, to whom, and what each press does."""

import csv
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace
from tests.services.cases import office
from tests.spaces.officials.desks import desk

from gusu.identity.organisations.models import Organisation
from gusu.kernel import clock
from gusu.kernel.audit.queries import lines
from gusu.resources.exchange.models import Outcome, Return
from gusu.services.cases import actions
from gusu.services.cases.answers import closed, opened
from gusu.services.cases.models import Case, State
from gusu.services.items.actions import write_items
from gusu.services.licences import queries as licences

pytestmark = pytest.mark.usefixtures("office_open")
MONDAY = date(2026, 9, 7)


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def place(case: Case, noun: str = "") -> str:
    return f"/official/cases/{case.pk}{'/' + noun if noun else ''}"


def late() -> Case:
    """One that was due long ago."""
    with clock.frozen(clock.at_noon(MONDAY)):
        return office.submitted(office.citizen(9))


# The inbox


def test_the_inbox_begins_with_what_is_overdue(db: None) -> None:
    fresh, old = office.submitted(), late()

    seen = page(desk("officer"), "/official/cases")

    assert seen.index(str(old.number)) < seen.index(str(fresh.number))
    assert ("林小舟" in seen, "working days over" in seen, "Bicycle permit" in seen) == (True, True, True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("item=bicycle_permit", 2),
        ("item=other", 0),
        ("state=submitted", 1),
        ("state=received", 1),
        ("card=red", 1),
        ("card=yellow", 0),
        ("mine=1", 0),
        ("number={old}", 1),
        ("number=1", 0),
    ],
)
def test_the_inbox_is_narrowed(db: None, query: str, found: int) -> None:
    cases = [office.received(), late()]

    seen = page(desk("officer"), "/official/cases?" + query.format(old=cases[1].number))

    assert sum(f'href="{place(case)}"' in seen for case in cases) == found
    assert ("No case matches" in seen) == (found == 0)


def test_a_number_finds_a_case_that_has_ended(db: None) -> None:
    over, client = office.decided(granted=False), desk("officer")

    assert place(over) not in page(client, "/official/cases")
    assert place(over) in page(client, f"/official/cases?number={over.number}")


def test_what_one_took_in_hand_is_mine_and_names_its_handler(db: None) -> None:
    case, client = office.submitted(), desk("officer")

    client.post(place(case, "receipt"))

    seen = page(client, "/official/cases?mine=1")
    assert (place(case) in seen, "officer先生" in seen) == (True, True)


def test_an_empty_inbox_says_so(db: None) -> None:
    assert "No case is open" in page(desk("officer"), "/official/cases")


def test_a_long_inbox_is_turned_page_by_page_and_costs_no_query_more(db: None) -> None:
    client, first = desk("officer"), office.submitted()
    few = _queries(client)
    for number in range(100, 131):
        office.submitted(office.citizen(number))

    many = _queries(client)
    one = client.get("/official/cases")
    two = page(client, f"/official/cases{_next(one.content.decode())}")

    assert many == few
    shown = [case for case in Case.objects.all() if place(case) in one.content.decode()]
    assert (len(shown), place(first) in two) == (30, first not in shown)
    assert [case for case in shown if place(case) in two] == []


def _next(page: str) -> str:
    return page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        page(client, "/official/cases")
    return len(asked)


def test_the_file_has_numbers_states_and_days_and_nobodys_name(db: None) -> None:
    case = late()
    body = b"".join(desk("officer").get("/official/cases.csv").streaming_content).decode()

    [heading, row] = list(csv.reader(body.lstrip("\ufeff").splitlines()))
    assert dict(zip(heading, row, strict=True)) == {
        "Number": case.number,
        "Service": "Bicycle permit",
        "Service, code": "bicycle_permit",
        "Body": "Wheels",
        "Body, code": "wheels",
        "State": "submitted",
        "State, code": "submitted",
        "Submitted on": "2026-09-07",
        "Due": "2026-09-14",
        "Due by law": "",
        "Card": "overdue",
        "Card, code": "red",
    }


def test_the_file_speaks_the_language_of_the_page(db: None) -> None:
    late()
    body = b"".join(desk("officer", language="zh-hans").get("/official/cases.csv").streaming_content).decode()

    [heading, row] = list(csv.reader(body.lstrip("\ufeff").splitlines()))
    assert (heading[0], heading[1], heading[3], heading[5]) == ("编号", "事项", "部门", "状态")
    assert (row[3], row[5], row[-2]) == ("车管局", "已提交", "红牌")


def test_what_a_spreadsheet_would_run_is_text_in_the_file(db: None) -> None:
    late()
    Organisation.objects.filter(code="wheels").update(name_en='=HYPERLINK("//x","y")')

    body = b"".join(desk("officer").get("/official/cases.csv").streaming_content).decode()

    assert list(csv.reader(body.splitlines()))[1][3] == """'=HYPERLINK("//x","y")"""


def test_a_longer_file_costs_no_query_more(db: None) -> None:
    client = desk("officer")
    office.submitted()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            b"".join(client.get("/official/cases.csv").streaming_content)
        return len(queries)

    few = asked()
    for number in range(100, 110):
        office.submitted(office.citizen(number))
    assert asked() == few


@pytest.mark.parametrize(("who", "sees"), [("window", True), ("officer", True), ("neighbour", False)])
def test_the_inbox_shows_ones_own_body_and_the_counter_every_body(db: None, who: str, sees: bool) -> None:
    case = office.submitted()

    assert (place(case) in page(desk(who), "/official/cases")) is sees


# One case


def test_a_case_shows_what_was_handed_in_and_that_the_look_is_written_down(db: None) -> None:
    case = office.accepted()

    seen = page(desk("officer"), place(case))

    told = ["林小舟", "Red", "typed by the applicant", "The look is written down", "Promised time", "counted, day 1"]
    assert [text for text in told if text not in seen] == []
    look = lines(verb="cases.read_answers").get()
    assert (look.subject_id, look.detail["case"], look.purpose) == (case.subject, case.pk, "service_handling")
    assert lines(verb="subjects.facts_about", subject=case.subject).first().purpose == "service_handling"  # type: ignore[union-attr]


def test_the_counter_reads_what_was_handed_in_and_does_not_ask_the_register(db: None) -> None:
    case = office.submitted()
    before = lines(verb="subjects.facts_about").count()

    seen = page(desk("window"), place(case))

    assert ("林小舟" in seen, lines(verb="subjects.facts_about").count()) == (True, before)


def test_a_case_that_is_over_is_read_without_asking_the_register_again(db: None) -> None:
    case = office.decided(granted=False)
    before = lines(verb="subjects.facts_about").count()

    page(desk("officer"), place(case))

    assert lines(verb="subjects.facts_about").count() == before


@pytest.mark.parametrize("noun", ["", "notice", "decision", "review", "stop", "extension", "files/file1-x"])
def test_anothers_case_is_not_there(db: None, noun: str) -> None:
    case, client = office.reviewed(), desk("neighbour")

    page(client, place(case, noun), 404)
    if noun and "/" not in noun:
        assert client.post(place(case, noun), {"reason": "x", "sure": "1"}).status_code == 404
    assert Case.objects.get().state == State.REVIEWED


@pytest.mark.parametrize("who", ["leader", "auditor"])
def test_who_handles_no_cases_opens_none(db: None, who: str) -> None:
    case, client = office.submitted(), desk(who)

    assert [client.get(path).status_code for path in ("/official/cases", place(case))] == [403, 403]


BUTTONS = {
    "window": {
        State.SUBMITTED: {"receipt", "acceptance"},
        State.RECEIVED: {"acceptance", "notice", "refusal-to-accept"},
    },
    "officer": {
        State.SUBMITTED: {"receipt", "acceptance"},
        State.RECEIVED: {"acceptance", "notice", "refusal-to-accept"},
        State.ACCEPTED: {"review"},
    },
    "approver": {
        State.SUBMITTED: {"receipt", "acceptance"},
        State.RECEIVED: {"acceptance", "notice", "refusal-to-accept"},
        State.ACCEPTED: {"review", "stop", "extension"},
        State.REVIEWED: {"decision", "return-to-review", "stop", "extension"},
    },
}
NOUNS = ["receipt", "acceptance", "notice", "refusal-to-accept", "review", "decision", "return-to-review", "stop"]
NOUNS += ["resumption", "extension"]
SENT = {
    "notice": {"about-person.name": "1", "said-person.name": "全名", "sure": "1"},
    "refusal-to-accept": {"reason": "不属于本机关职权"},
    "review": {"reason": "属实"},
    "decision": {"granted": "yes", "sure": "1"},
    "return-to-review": {"reason": "再核实"},
    "stop": {"ground": "hearing", "reason": "听证"},
    "extension": {"days": "2", "reason": "案情复杂"},
}


@pytest.mark.parametrize("who", BUTTONS)
def test_a_page_offers_what_may_be_done_and_nothing_else(db: None, who: str) -> None:
    made = [office.submitted, office.received, office.accepted, office.reviewed, office.decided]
    client = desk(who)

    for number, make in enumerate(made):
        case = make(office.citizen(number))
        seen = page(client, place(case))
        offered = {noun for noun in NOUNS if f'"{place(case, noun)}"' in seen}
        assert offered == BUTTONS[who].get(State(case.state), set()), case.state
        for noun in set(NOUNS) - offered:
            refused = client.post(place(case, noun), SENT.get(noun, {}))
            assert refused.status_code in (403, 409), (case.state, noun)
        case.refresh_from_db()
        assert case.state == make.__name__


# What one does


def test_a_case_goes_from_the_counter_to_the_decision_by_pages_alone(db: None) -> None:
    case, window, officer, approver = office.submitted(), desk("window"), desk("officer"), desk("approver")

    window.post(place(case, "receipt"))
    window.post(place(case, "acceptance"))
    officer.post(place(case, "review"), SENT["review"])
    approver.post(place(case, "return-to-review"), SENT["return-to-review"])
    officer.post(place(case, "review"), SENT["review"])
    answer = approver.post(place(case, "decision"), SENT["decision"], follow=True)

    case.refresh_from_db()
    assert (case.state, case.granted) == (State.DECIDED, True)
    assert "Done. The applicant sees it at once." in answer.content.decode()
    assert "属实" in answer.content.decode()


def test_a_decision_says_first_what_will_happen_and_is_asked_once_more(db: None) -> None:
    case, approver = office.reviewed(), desk("approver")

    first = page(approver, place(case, "decision"))
    unsure = approver.post(place(case, "decision"), {"granted": "yes"})
    without = approver.post(place(case, "decision"), {"granted": "no", "sure": "1"})

    assert ("What will happen" in first, "情况属实" in first) == (True, True)
    assert (unsure.status_code, without.status_code) == (422, 422)
    assert 'href="#reason"' in without.content.decode()
    assert Case.objects.get().state == State.REVIEWED


def test_one_notice_lists_everything_and_says_that_none_can_follow(db: None) -> None:
    case, officer, applicant = office.received(), desk("officer"), office.citizen()
    first = page(officer, place(case, "notice"))
    empty = officer.post(place(case, "notice"), {"sure": "1"})
    silent = officer.post(place(case, "notice"), {"about-person.name": "1", "said-m1": "不清楚"})

    sent = {"about-person.name": "1", "said-person.name": "全名", "said-m1": "不清楚", "sure": "1"}
    answer = officer.post(place(case, "notice"), sent, follow=True).content.decode()
    office.handed_in(Case.objects.get(), by=applicant)
    second = officer.post(place(case, "notice"), sent)

    assert "only once" in first
    assert (empty.status_code, silent.status_code, second.status_code) == (422, 422, 409)
    assert ('href="#said-person.name"' in silent.content.decode(), "不清楚" in silent.content.decode()) == (True, True)
    assert ("A picture of the bicycle" in answer, "全名" in answer) == (True, True)
    assert "it may be said only once" in second.content.decode()


def test_a_notice_offers_what_the_applicant_can_put_right_and_nothing_else(db: None) -> None:
    met = replace(office.LENIENT.materials[0], elements=["person.name"])
    write_items([replace(office.LENIENT, materials=[met, office.LENIENT.materials[1]])])
    case, officer = office.received(), desk("officer")
    _as_if_the_register_had_said(case, "person.name")

    offered = page(officer, place(case, "notice"))
    answer = officer.post(place(case, "notice"), {"about-person.name": "1", "said-person.name": "全名", "sure": "1"})

    about = [name for name in ("person.name", "bicycle.colour", "m0", "m1") if f'id="about-{name}"' in offered]
    assert about == ["bicycle.colour", "m1"]
    assert "the person objects to it in My data" in offered
    assert (answer.status_code, Case.objects.get().state) == (422, State.RECEIVED)


def test_where_the_applicant_can_correct_nothing_no_notice_is_offered(db: None) -> None:
    write_items([replace(office.LENIENT, materials=[])])
    case, officer = office.received(), desk("officer")
    _as_if_the_register_had_said(case, "person.name", "bicycle.colour")

    offered = page(officer, place(case, "notice"))
    answer = officer.post(place(case, "notice"), {"sure": "1"})

    assert ("There is nothing the applicant could correct" in offered, "Send the notice" in offered) == (True, False)
    assert answer.status_code == 422


def _as_if_the_register_had_said(case: Case, *elements: str) -> None:
    """The office's register has nobody: what was typed is kept as its word instead."""
    row = case.answers.get(revision=case.revision)
    said = {
        code: replace(answer, given="register", state="known") if code in elements else answer
        for code, answer in opened(row).items()
    }
    row.sealed = closed(case, case.revision, said)
    row.save()


def test_a_reason_is_asked_for_and_nothing_typed_is_lost(db: None) -> None:
    case, approver = office.accepted(), desk("approver")

    missing = [approver.post(place(case, noun), {}).status_code for noun in ("review", "stop", "extension")]
    long = approver.post(place(case, "extension"), {"days": "11", "reason": "案情复杂"}).content.decode()

    assert missing == [422, 422, 422]
    assert ("from 1 to 10" in long, "案情复杂" in long) == (True, True)


def test_what_cannot_be_done_now_leads_back_to_the_case(db: None) -> None:
    case, approver = office.received(), desk("approver")

    answer = approver.get(place(case, "decision"), follow=True)

    assert answer.redirect_chain == [(place(case), 302)]
    assert "This cannot be done now" in answer.content.decode()


def test_a_stopped_clock_shows_its_ground_and_runs_again(db: None) -> None:
    with clock.frozen(clock.at_noon(MONDAY)):
        case, approver = office.accepted(), desk("approver")
        approver.post(place(case, "stop"), SENT["stop"])
        stopped = page(approver, place(case))
    with clock.frozen(clock.at_noon(MONDAY + timedelta(days=3))):
        approver.post(place(case, "resumption"))
        runs = page(approver, place(case))

    assert ("hearing" in stopped, "the clock stands" in stopped) == (True, True)
    assert ("stopped for now" in stopped, "stopped for now" in runs) == (True, False)
    assert "stopped for hearing, not counted" in runs


def test_a_stop_that_took_no_day_is_not_shown(db: None) -> None:
    applicant, officer = office.citizen(), desk("officer")
    case = office.returned(applicant)
    standing = page(officer, place(case))

    office.handed_in(case, by=applicant)

    corrected = page(officer, place(case))
    assert ("still standing" in standing, "stopped for now" in standing) == (True, True)
    assert ("correction:" in corrected, "stopped for now" in corrected) == (False, False)


# Cards


def test_a_leader_sees_how_bodies_stand_and_nobodys_name(db: None) -> None:
    old, _fresh = late(), office.submitted()

    seen = page(desk("leader"), "/official/cards")

    assert ("1 of 2 in time" in seen, str(old.number) in seen) == (True, True)
    assert ("林小舟" in seen, f'href="{place(old)}"' in seen, "nobody yet" in seen) == (False, False, True)


def test_who_handles_cases_sees_their_own_body_and_opens_the_late_ones(db: None) -> None:
    old = late()

    assert f'href="{place(old)}"' in page(desk("officer"), "/official/cards")
    assert str(old.number) not in page(desk("neighbour"), "/official/cards")


# What came of it


def test_an_issued_licence_is_shown_and_taken_back_after_a_question(db: None) -> None:
    office.issue_permits()
    case, approver = office.issued(), desk("approver")
    licence = licences.licence_of_case(case.pk)
    assert licence

    before = page(approver, place(case))
    first = page(approver, place(case, "revocation"))
    unsure = approver.post(place(case, "revocation"), {"ground": "given_up", "reason": "本人申请"})
    sent = {"ground": "given_up", "reason": "本人申请", "sure": "1"}
    after = approver.post(place(case, "revocation"), sent, follow=True).content.decode()

    assert (licence.number in before, place(case, "revocation") in before) == (True, True)
    assert ("What will happen" in first, unsure.status_code) == (True, 422)
    assert ("revoked" in after, place(case, "revocation") in after) == (True, False)
    assert approver.post(place(case, "revocation"), sent).status_code == 403


@pytest.mark.parametrize(("who", "status"), [("officer", 403), ("neighbour", 404), ("window", 403)])
def test_who_may_not_take_a_licence_back_is_refused(db: None, who: str, status: int) -> None:
    office.issue_permits()
    case = office.issued()

    assert desk(who).post(place(case, "revocation"), {"ground": "given_up"}).status_code == status
    assert licences.validity_of(licences.licence_of_case(case.pk)) == "valid"  # type: ignore[arg-type]


def test_a_decision_names_what_is_issued_and_where_the_outcome_goes(db: None) -> None:
    office.issue_permits()
    send_outcomes_back()
    case = office.reviewed()

    seen = page(desk("approver"), place(case, "decision"))

    assert ("Bicycle permit is issued and signed in the name of Wheels" in seen, "own system" in seen) == (True, True)


@pytest.mark.parametrize(
    ("fares", "said"),
    [
        ({"state": "waiting"}, "waiting"),
        ({"state": "returned", "returned_at": clock.now()}, "returned"),
        ({"state": "refused", "refused_column": "colour"}, "Ask the department why"),
    ],
)
def test_the_way_back_of_an_outcome_is_told(db: None, fares: dict[str, object], said: str) -> None:
    send_outcomes_back()
    case = office.issued()
    Outcome.objects.filter(key=case.pk).update(**fares)

    assert said in page(desk("officer"), place(case)).split("Back to the department")[1]


def send_outcomes_back() -> None:
    """The office's outcomes go into a table of the department's."""
    columns = {"number": "case.number", "colour": "bicycle.colour"}
    Return.objects.create(
        code="permits",
        title_zh="回流",
        title_en="Back",
        connector="postgres",
        settings={},
        columns=columns,
        retention_days=30,
    )
    actions.write_decisions([replace(office.DECISION, returned_to="permits")])


# What the rule says


def test_what_the_rule_cannot_tell_is_named(db: None) -> None:
    actions.write_decisions([replace(office.DECISION, granted_when=[office.SURNAME])])
    case = office.received()

    seen = page(desk("officer"), place(case))

    assert "The rule cannot tell" in seen
    assert "Not known to the register: Name" in seen


def test_an_attached_file_is_read_and_leaves_a_line(db: None) -> None:
    case, body = office.submitted(), b"%PDF-1.7 a picture"
    file = actions.attach_file(case, body, material=1, by=office.citizen())
    officer = desk("officer")

    answer = officer.get(place(case, f"files/{file.pk}"))

    assert (answer.content, answer["Content-Type"]) == (body, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{case.number}-2.pdf"'
    assert f"files/{file.pk}" in page(officer, place(case))
    assert lines(verb="cases.read_file").get().subject_id == case.subject
