"""What can happen to a case, by whom, and what is left when nothing may."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace as dataclass_replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from msgspec.structs import replace
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.committing import at_once, rolled_back
from tests.services.cases import office
from tests.services.cases.office import APPROVER, BY, LEADER, MISSING, OFFICER, STRANGER, TYPED, WINDOW
from tests.services.items.declared import CLEAN

from gusu.identity.accounts.events import AccountClosed
from gusu.kernel import clock as time
from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import lines
from gusu.kernel.calendar.actions import set_day
from gusu.kernel.calendar.events import CalendarChanged
from gusu.kernel.calendar.rules import DAY, working_days
from gusu.kernel.errors import IllegalMove, NotAllowed, NotFound
from gusu.kernel.events import outbox
from gusu.kernel.events.models import OutboxEvent
from gusu.kernel.packs import Label
from gusu.kernel.text import Text
from gusu.resources.exchange.events import OutcomesReturned
from gusu.resources.exchange.models import Outcome
from gusu.resources.exchange.pack import ReturnPiece, Returns
from gusu.services.cases import actions, clock, jobs, queries, rules
from gusu.services.cases.clock import Card, Clock, Extension, Period, Stop
from gusu.services.cases.models import Case, CaseLine, State
from gusu.services.forms.actions import write_forms
from gusu.services.forms.queries import Incomplete
from gusu.services.forms.queries import form_of as forms_of
from gusu.services.items.actions import write_items
from gusu.services.licences.actions import revoke, write_kinds
from gusu.services.licences.events import LicenceRevoked
from gusu.services.licences.queries import State as LicenceState
from gusu.services.licences.queries import history as licence_history
from gusu.services.licences.queries import licence_of_case

MONDAY = date(2026, 9, 7)


@pytest.fixture
def town(db: None) -> None:
    office.found_office()


def on(day: date) -> AbstractContextManager[None]:
    return time.frozen(time.at_noon(day))


# The table

VERBS: dict[str, tuple[Callable[[Case], object], State]] = {
    "receive": (lambda case: actions.receive_case(case, by=WINDOW), State.RECEIVED),
    "return": (lambda case: actions.return_case(case, MISSING, by=WINDOW), State.RETURNED),
    "accept": (lambda case: actions.accept_case(case, by=OFFICER), State.ACCEPTED),
    "decline": (lambda case: actions.decline_case(case, reason="不属于本机关职权", by=OFFICER), State.NOT_ACCEPTED),
    "review": (lambda case: actions.review_case(case, opinion="属实", by=OFFICER), State.REVIEWED),
    "send back": (lambda case: actions.send_back_case(case, reason="再核实", by=APPROVER), State.ACCEPTED),
    "grant": (lambda case: actions.decide_case(case, granted=True, by=APPROVER), State.DECIDED),
    "refuse": (lambda case: actions.decide_case(case, granted=False, reason="不符", by=APPROVER), State.REFUSED),
    "withdraw": (lambda case: actions.withdraw_case(case, by=office.citizen()), State.WITHDRAWN),
    "close": (lambda case: actions.close_case(case, by=BY), State.CLOSED),
    "expire": (lambda case: actions.expire_case(case, by=BY), State.EXPIRED),
}


LEADS_ON = {
    State.DRAFT: {"expire"},
    State.SUBMITTED: {"receive", "accept", "withdraw"},
    State.RECEIVED: {"return", "accept", "decline", "withdraw"},
    State.RETURNED: {"expire", "withdraw"},
    State.ACCEPTED: {"review", "withdraw"},
    State.REVIEWED: {"send back", "grant", "refuse", "withdraw"},
    State.ISSUED: {"close"},
}


@pytest.mark.parametrize("state", State)
def test_from_a_state_only_the_table_leads_on(town: None, state: State) -> None:
    case = office.submitted()
    Case.objects.update(state=state)
    led: dict[str, bool] = {}

    for name, (act, to) in VERBS.items():
        with rolled_back():
            case.refresh_from_db()
            before = CaseLine.objects.count()
            try:
                act(case)
            except IllegalMove:
                assert (Case.objects.get().state, CaseLine.objects.count()) == (state, before)
            moved = Case.objects.get().state
            assert moved == state or moved in rules.ALLOWED[state], name
            led[name] = moved == to != state and CaseLine.objects.count() == before + 1

    assert {name for name, leads in led.items() if leads} == LEADS_ON.get(state, set())


def test_the_whole_road_leaves_a_line_a_move(town: None) -> None:
    case = office.decided()

    assert [(line.number, line.verb, line.state) for line in queries.history(case)] == [
        (1, "submit_case", "submitted"),
        (2, "receive_case", "received"),
        (3, "accept_case", "accepted"),
        (4, "review_case", "reviewed"),
        (5, "decide_case", "decided"),
    ]
    assert (case.handler, case.granted) == (OFFICER.account, True)


def test_what_the_rule_cannot_tell_waits_for_a_person(db: None) -> None:
    office.found_office(granted_when=[office.SURNAME])

    case = office.submitted()

    assert (case.state, case.granted, case.handler) == (State.SUBMITTED, None, "")


# Who may


@pytest.mark.parametrize("stranger", [STRANGER, LEADER, office.citizen(2), WINDOW], ids=lambda by: by.account)
def test_whoever_is_not_of_the_body_decides_nothing_and_leaves_a_line(town: None, stranger: Actor) -> None:
    case = office.reviewed()

    with pytest.raises(NotAllowed):
        actions.decide_case(case, granted=True, by=stranger)

    refusal = lines(verb="cases.decide_case").get()
    assert (refusal.outcome, refusal.code, refusal.actor) == ("refused", "not_allowed", stranger.account)
    assert Case.objects.get().state == State.REVIEWED


def test_nobody_handles_a_case_of_their_own(town: None) -> None:
    both = office.official("cases.handle", "cases.decide", account="RIDER1")
    case = office.submitted()

    for act in (actions.receive_case, actions.accept_case):
        with pytest.raises(NotAllowed):
            act(case, by=both)


def test_the_joint_counter_receives_for_every_body_and_decides_for_none(town: None) -> None:
    case = actions.receive_case(office.submitted(), by=WINDOW)
    case = actions.accept_case(case, by=WINDOW)

    with pytest.raises(NotAllowed):
        actions.review_case(case, opinion="属实", by=WINDOW)
    assert case.handler == WINDOW.account


@pytest.mark.parametrize("by", [office.citizen(2), STRANGER, LEADER], ids=lambda by: by.account)
def test_anothers_case_is_not_found(town: None, by: Actor) -> None:
    case = office.submitted()

    for ask in (queries.case_of, queries.official_case):
        with pytest.raises(NotFound):
            ask(case.pk, by=by)
    assert queries.inbox(queries.Asked(), by=by) == ([], "")


def test_a_draft_is_the_applicants_alone(town: None) -> None:
    draft = office.opened()

    for by in (WINDOW, OFFICER, office.citizen(2)):
        with pytest.raises(NotFound):
            queries.case_of(draft.pk, by=by)
    assert queries.case_of(draft.pk, by=office.citizen()) == draft


def test_the_house_alone_issues_and_closes(town: None) -> None:
    for act in (actions.close_case, actions.deem_accepted, actions.expire_case, actions.forget_case):
        with pytest.raises(NotAllowed):
            act(Case.objects.first() or office.decided(), by=APPROVER)


# Submitting


def test_a_submission_that_comes_twice_is_one_case(town: None) -> None:
    applicant = office.citizen()
    case = office.opened(applicant)

    first = office.handed_in(case, by=applicant)
    again = office.handed_in(case, by=applicant)

    assert (again.pk, again.number, Case.objects.count()) == (first.pk, first.number, 1)
    assert [line.verb for line in queries.history(first)] == ["submit_case"]


def test_two_submissions_at_the_same_moment_are_one_case(committed: None) -> None:
    office.found_office()
    applicant = office.citizen()

    opened = at_once(*[lambda: office.opened(applicant)] * 4)
    case = actions.save_case(opened[0], TYPED, by=applicant)
    results = at_once(*[lambda: office.handed_in(case, by=applicant)] * 4)

    assert {one.pk for one in opened} == {case.pk}
    assert {one.number for one in results} == {Case.objects.get().number}
    assert CaseLine.objects.count() == 1


def test_what_is_missing_is_said_and_nothing_is_handed_in(town: None) -> None:
    with pytest.raises(Incomplete) as refused:
        office.submitted(typed={"person.name": "林小舟"})

    assert list(refused.value.faults) == ["bicycle.colour"]
    assert (Case.objects.get().state, Case.objects.get().number) == (State.DRAFT, None)


# The clocks


def test_the_first_clock_is_five_working_days(town: None) -> None:
    with on(MONDAY):
        case = office.submitted()

    assert (case.due, case.urgent_by) == (MONDAY + timedelta(days=7), case.due)
    assert queries.card_of(case, MONDAY) is None
    assert queries.card_of(case, MONDAY + timedelta(days=8)) is Card.RED


def test_stops_and_an_extension_move_the_due_date_as_the_clock_says(town: None) -> None:
    stopped, resumed = MONDAY + DAY, MONDAY + 8 * DAY
    with on(MONDAY):
        case = office.accepted()
        promised = Clock(Period(5), MONDAY)
        assert case.due == clock.due(promised, {})
    with on(stopped):
        case = actions.stop_clock(case, ground="inspection", reason="现场查看", by=APPROVER)
        assert (case.due, case.urgent_by) == (None, date.max)
    with on(resumed):
        case = actions.resume_clock(case, by=APPROVER)
        stop = Stop(stopped + DAY, resumed, clock.INSPECTION)
        assert case.due == clock.due(Clock(Period(5), MONDAY, (stop,)), {})
        case = actions.extend_clock(case, days=3, reason="案情复杂", by=APPROVER)

    longer = Extension(3, clock.APPROVED, resumed)
    calendar = Clock(Period(7, clock.Unit.CALENDAR), MONDAY, (stop,), (longer,))
    ends = [clock.due(Clock(Period(5), MONDAY, (stop,), (longer,)), {}), clock.due(calendar, {})]
    assert case.due == min(end for end in ends if end)
    assert case.statutory_due == clock.due(calendar, {})


def test_a_clock_resumed_before_it_stood_never_stopped(town: None) -> None:
    with on(MONDAY):
        case = office.accepted()
        due = case.due
        actions.stop_clock(case, ground="hearing", reason="听证", by=APPROVER)
        case = actions.resume_clock(case, by=APPROVER)

    assert (case.due, queries.stops(case)) == (due, [])


def test_a_period_is_made_longer_once_and_not_when_it_is_over(town: None) -> None:
    with on(MONDAY):
        case = office.accepted()
        late = office.accepted(office.citizen(2))
        actions.extend_clock(case, days=2, reason="案情复杂", by=APPROVER)
        with pytest.raises(NotAllowed):
            actions.extend_clock(case, days=2, reason="案情复杂", by=APPROVER)
    with on(MONDAY + 30 * DAY), pytest.raises(clock.ExtensionTooLate):
        actions.extend_clock(late, days=2, reason="案情复杂", by=APPROVER)


def test_a_holiday_announced_later_moves_every_open_case(town: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    with on(MONDAY):
        draft = office.opened(office.citizen(9))
        waiting = [office.submitted(office.citizen(number)) for number in (1, 2, 3)]
        accepted, ended = office.accepted(office.citizen(4)), office.submitted(office.citizen(5))
        actions.withdraw_case(ended, by=office.citizen(5))
        due = [case.due for case in waiting if case.due]
        may = frozenset({"calendar.edit"})
        set_day(MONDAY + 2 * DAY, working=False, name=Text("休", "Off"), by=Actor("acc1-A", permissions=may))

        outbox.deliver(OutboxEvent.objects.get(name=CalendarChanged.name).pk)
        assert ProcrastinateJob.objects.filter(task_name=jobs.RETIME).count() == 2  # now, and in a minute
        jobs.retime()

    for case in [*waiting, accepted, draft, ended]:
        case.refresh_from_db()
    assert [case.due for case in waiting] == [day + DAY for day in due]
    assert accepted.due == MONDAY + 7 * DAY  # the nearest of its clocks counts calendar days
    assert (draft.due, ended.due) == (None, None)
    told = [line.detail for line in lines(verb="cases.retime_cases")]
    assert sorted((one["cases"], one["moved"]) for one in told) == [(0, 0), (2, 1), (2, 2)]


# The correction


def test_what_is_missing_is_said_once(town: None) -> None:
    applicant = office.citizen()
    with on(MONDAY):
        case = office.returned(applicant)
        assert (case.due, case.yellow_on) == (None, None)
    with on(MONDAY + 3 * DAY):
        case = office.handed_in(case, TYPED | {"bicycle.colour": "blue"}, by=applicant)
        with pytest.raises(clock.SecondNotice):
            actions.return_case(case, MISSING, by=OFFICER)

    stop = Stop(MONDAY + DAY, MONDAY + 3 * DAY, clock.CORRECTION)
    assert (case.state, case.revision) == (State.RECEIVED, 2)
    assert case.due == clock.due(Clock(clock.ACCEPTANCE, MONDAY, (stop,)), {})
    assert queries.history(case)[2].detail["missing"] == [{"about": m.about, "said": m.said} for m in MISSING]


def test_what_is_put_right_on_the_day_of_the_notice_stops_nothing_and_is_still_the_one_notice(town: None) -> None:
    applicant = office.citizen()
    with on(MONDAY):
        case = office.handed_in(office.returned(applicant), by=applicant)
        with pytest.raises(clock.SecondNotice):
            actions.return_case(case, MISSING, by=OFFICER)

    assert case.due == clock.due(Clock(clock.ACCEPTANCE, MONDAY), {})


def test_an_empty_notice_is_none(town: None) -> None:
    with pytest.raises(actions.NothingMissing):
        actions.return_case(office.received(), [], by=OFFICER)


# What the calendar asks


def test_a_window_that_is_silent_for_five_working_days_has_accepted(town: None) -> None:
    with on(MONDAY):
        silent, handled = office.submitted(), office.accepted(office.citizen(2))
        assert silent.due
    with on(silent.due):
        jobs.hourly()
        assert Case.objects.get(pk=silent.pk).state == State.SUBMITTED
    with on(silent.due + DAY):
        jobs.hourly()

    silent.refresh_from_db()
    assert (silent.state, silent.accepted_at) == (State.ACCEPTED, time.at_noon(MONDAY))
    assert silent.due == clock.due(Clock(Period(5), MONDAY), {})
    assert [line.verb for line in queries.history(silent)] == ["submit_case", "deem_accepted"]
    assert Case.objects.get(pk=handled.pk).accepted_at == time.at_noon(MONDAY)


def test_silence_after_a_correction_accepts_since_the_correction(town: None) -> None:
    applicant = office.citizen()
    with on(MONDAY):
        case = office.returned(applicant)
    with on(MONDAY + 9 * DAY):
        case = office.handed_in(case, by=applicant)
        assert case.due
        assert working_days(MONDAY + 9 * DAY, case.due, {}) >= 4
    with on(case.due + DAY):
        jobs.hourly()

    case.refresh_from_db()
    assert (case.state, case.accepted_at) == (State.ACCEPTED, time.at_noon(MONDAY + 9 * DAY))


def test_a_correction_nobody_makes_and_a_draft_nobody_submits_expire(town: None) -> None:
    with on(MONDAY):
        returned, draft = office.returned(), office.opened(office.citizen(2))
        actions.save_case(draft, {"person.name": "林"}, by=office.citizen(2))
    with on(MONDAY + 29 * DAY):
        jobs.hourly()
        assert not Case.objects.filter(state=State.EXPIRED).exists()
    with on(MONDAY + 31 * DAY):
        jobs.hourly()

    assert {case.pk for case in Case.objects.filter(state=State.EXPIRED)} == {returned.pk, draft.pk}
    assert (draft.answers.count(), returned.answers.count()) == (0, 1)


def test_retention_takes_the_words_and_leaves_what_happened(town: None) -> None:
    with on(MONDAY):
        case = office.decided(granted=False)
        assert case.kept_until
    with on(case.kept_until):
        jobs.hourly()

    case.refresh_from_db()
    assert (case.applicant_name, case.kept_until, case.answers.count(), case.files.count()) == ("", None, 0, 0)
    assert {(line.said, str(line.detail)) for line in queries.history(case)} == {("", "{}")}
    assert [line.verb for line in queries.history(case)][-1] == "decide_case"
    assert queries.handed_in(case, by=OFFICER) == {}


def test_the_history_of_a_case_cannot_be_written_over(town: None) -> None:
    case = office.received()

    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
        CaseLine.objects.filter(case=case).update(verb="nothing")
    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
        CaseLine.objects.filter(case=case).delete()


def test_the_house_closes_when_the_department_has_the_outcome(town: None) -> None:
    case = office.decided()
    Case.objects.update(state=State.ISSUED)

    jobs.on_outcomes_returned(OutcomesReturned(return_code="permits", keys=[case.pk]))
    queued = ProcrastinateJob.objects.filter(task_name=jobs.CLOSE).get()
    for _ in range(2):
        jobs.close(**queued.args)

    case.refresh_from_db()
    assert (case.state, case.ended_at is not None, case.kept_until is not None) == (State.CLOSED, True, True)
    assert [line.verb for line in queries.history(case)].count("close_case") == 1


# Whoever leaves


def test_what_somebody_had_in_hand_goes_back_to_the_inbox(town: None) -> None:
    open_, over = office.accepted(), office.decided(office.citizen(2), granted=False)

    jobs.on_account_closed(AccountClosed(account=OFFICER.account))
    jobs.release(**ProcrastinateJob.objects.get(task_name=jobs.RELEASE).args)

    released = lines(verb="cases.release_cases").get().detail["cases"]
    assert (released, Case.objects.get(pk=open_.pk).handler) == (1, "")
    assert Case.objects.get(pk=over.pk).handler == OFFICER.account


# What was found wrong once


def test_after_five_days_of_silence_a_case_is_neither_returned_nor_declined_and_counts_from_the_day_it_came(
    town: None,
) -> None:
    with on(MONDAY):
        case = office.submitted()
    with on(MONDAY + 14 * DAY):
        case = actions.receive_case(case, by=OFFICER)
        with pytest.raises(actions.AcceptedByLaw):
            actions.return_case(case, MISSING, by=OFFICER)
        with pytest.raises(actions.AcceptedByLaw):
            actions.decline_case(case, reason="晚了", by=OFFICER)
        case = actions.accept_case(case, by=OFFICER)

    assert case.accepted_at == time.at_noon(MONDAY)


def test_one_application_at_a_time(town: None) -> None:
    office.submitted()

    with pytest.raises(actions.AlreadyUnderWay):
        actions.open_case(office.ITEM, subject=office.citizen().subject, by=office.citizen())


def test_what_is_missing_of_form_and_materials_is_said_at_once(town: None) -> None:
    write_items([CLEAN])
    case = office.opened()

    with pytest.raises(Incomplete) as refused:
        office.handed_in(case, {"person.name": "林小舟"}, by=office.citizen())

    assert list(refused.value.faults) == ["bicycle.colour", "file-1"]
    assert Case.objects.get().state == State.DRAFT
    actions.attach_file(case, b"%PDF-1.7 a picture", material=1, by=office.citizen())
    assert office.handed_in(case, TYPED, by=office.citizen()).state == State.SUBMITTED


def test_of_two_drafts_for_one_person_the_first_that_is_handed_in_is_under_way(town: None) -> None:
    first, other = office.citizen(), dataclass_replace(office.citizen(), account="acc1-ANOTHER")
    begun = office.opened(first)

    office.submitted(other)

    with pytest.raises(actions.AlreadyUnderWay):
        office.handed_in(begun, by=first)
    begun.refresh_from_db()
    assert (begun.state, begun.number) == (State.DRAFT, None)
    assert lines(verb="cases.submit_case").filter(outcome="refused").get().code == "already_under_way"


def test_what_is_held_is_not_applied_for_again_until_it_is_time_to_renew_it(town: None) -> None:
    write_kinds([replace(office.PERMIT, renewed_within=30)])
    person = office.citizen()
    with on(MONDAY):
        second = office.opened(dataclass_replace(person, account="acc1-ANOTHER"))
        former = licence_of_case(office.issued(person).pk)
        with pytest.raises(actions.AlreadyHeld):
            office.handed_in(second, by=dataclass_replace(person, account="acc1-ANOTHER"))
    assert former
    assert former.valid_to
    with on(former.valid_to - 31 * DAY), pytest.raises(actions.AlreadyHeld):
        office.opened(person)

    with on(former.valid_to - 30 * DAY):
        new = licence_of_case(office.issued(person).pk)

    former.refresh_from_db()
    assert new
    assert (former.state, new.state) == (LicenceState.LAPSED, LicenceState.VALID)
    assert [line.ground for line in licence_history(former)] == ["issued", "renewed"]


def test_what_is_taken_back_ends_in_the_departments_own_table_too(db: None) -> None:
    columns = {"BH": "licence.number", "YX": "licence.valid_to"}
    settings = {"connection": "there", "table": "their.own", "key": "BH"}
    Returns().apply([ReturnPiece("permits", Label("回流", "back"), "postgres", settings, columns)], by=BY)
    office.found_office(returned_to="permits")
    office.issue_permits()
    case = office.issued()
    held = licence_of_case(case.pk)
    assert held

    revoke(held, ground="given_up", reason="本人放弃", by=office.official("licences.revoke"))
    outbox.deliver(OutboxEvent.objects.get(name=LicenceRevoked.name).pk)
    for queued in ProcrastinateJob.objects.filter(task_name=jobs.TAKEN_BACK):
        jobs.taken_back(**queued.args)
        jobs.taken_back(**queued.args)

    [issued, ended] = Outcome.objects.order_by("pk")
    assert (issued.key, issued.amends, ended.key, ended.amends) == (case.pk, False, f"{case.pk}.ended", True)
    jobs.close(case=ended.key)  # what amends closes nothing


def test_what_has_no_end_is_never_renewed_and_what_was_taken_back_is_applied_for_anew(town: None) -> None:
    write_kinds([replace(office.PERMIT, months=0)])
    held = licence_of_case(office.issued().pk)
    assert held
    with pytest.raises(actions.AlreadyHeld):
        office.opened()

    by = office.official("licences.revoke")
    revoke(held, ground="given_up", reason="本人放弃", by=by)

    assert office.opened().state == State.DRAFT


def test_whoever_handles_cases_handles_none_of_their_own(town: None) -> None:
    case = office.submitted()
    own = Actor(
        OFFICER.account, organisation="wheels", permissions=OFFICER.permissions, subject=office.citizen().subject
    )

    with pytest.raises(NotAllowed):
        actions.receive_case(case, by=own)


def test_every_look_at_an_application_is_in_the_persons_list(town: None) -> None:
    case = office.submitted()

    queries.handed_in(case, by=WINDOW)

    look = lines(verb="cases.read_answers").get()
    assert (look.subject_kind, look.subject_id) == (f"resources.{office.REGISTER}", case.subject)


def test_a_stopped_clock_ends_with_the_case(town: None) -> None:
    case = office.accepted()
    actions.stop_clock(case, ground="hearing", reason="听证", by=APPROVER)
    case.refresh_from_db()
    actions.withdraw_case(case, by=office.citizen())

    with pytest.raises(IllegalMove):
        actions.resume_clock(case, by=APPROVER)
    assert not case.stops.filter(until=None).exists()


def test_a_form_under_another_name_takes_the_place_of_its_items_form(town: None) -> None:
    write_forms([replace(office.FORM, form="bicycle_permit_2")])

    assert forms_of(office.ITEM).piece.form == "bicycle_permit_2"
