"""A person says that a value is wrong; the department answers, or the next batch does; nothing of it leaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.committing import at_once, rolled_back
from tests.departments import departments
from tests.resources.road import BY
from tests.resources.subjects.test_thread import take_in_everything
from tests.resources.test_leaks import everything_kept
from tests.standing import Stand, Standing, stand

from gusu.demo.departments import police
from gusu.demo.departments.build import departments_folder
from gusu.kernel import clock, ids
from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import Named, looks_at
from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.calendar.queries import add_working_days
from gusu.kernel.engine import duck
from gusu.kernel.errors import GusuError, IllegalMove, NotAllowed, NotFound
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.models import Exchange
from gusu.resources.objections import jobs, queries
from gusu.resources.objections.actions import answer_objection, drop_old_words, file_objection, withdraw
from gusu.resources.objections.errors import AlreadyObjected, NothingToObjectTo, NotSaid, SaysTheSame
from gusu.resources.objections.models import Objection, Outcome, State
from gusu.resources.objections.rules import RECONSIDERATION, TRANSITIONS
from gusu.resources.quality.actions import check_batch
from gusu.resources.subjects import queries as subjects
from gusu.resources.subjects.actions import erase_subject, fuse_register, link_batch
from gusu.resources.subjects.models import BaseRegister
from gusu.site.wiring import PACK_ROOMS

__all__ = ["stand"]

PEOPLE = 1_000
OFFICER = Actor("acc1-POLICE", organisation="public_security", permissions=frozenset({"objections.answer"}))
ELSEWHERE = replace(OFFICER, account="acc1-CIVIL", organisation="civil_affairs")
RIGHT, REASON, ANSWER = "苏州市姑苏区平江路99号", "搬家三年了", "已核对户籍底册，确认有误"
ADDRESS = "person.address"


@dataclass(frozen=True)
class Place:
    """A register made of the demo's departments, and somebody in it."""

    register: BaseRegister
    person: Actor
    number: str


@contextmanager
def built() -> Iterator[None]:
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE):
        take_in_everything()
        yield


@pytest.fixture(scope="module")
def standing(stand: Stand) -> Iterator[Standing]:
    with stand(built) as standing:
        yield standing


@pytest.fixture
def place(db: None, standing: Standing) -> Iterator[Place]:
    with standing.as_built():
        register, number = BaseRegister.objects.get(code="population"), somebody()
        subject = subjects.subject_id("population", number)
        yield Place(register, Actor("acc1-PERSON", subject=subject, assurance=3), number)


def somebody() -> str:
    """The number of a person with a police record and no defects."""
    truth = departments_folder() / "truth"
    [[[number]]] = duck.run(
        [
            f"""SELECT number FROM '{truth}/people.parquet' WHERE person IN (
                SELECT person FROM '{truth}/records.parquet' GROUP BY person
                HAVING bool_and(defect = '') AND bool_or(resource = 'police_residents')
            ) ORDER BY person LIMIT 1"""
        ]
    )
    return str(number)


def filed(place: Place, element: str = ADDRESS, **said: str) -> Objection:
    words = {"source": "police", "right": RIGHT, "reason": REASON} | said
    return file_objection("population", element, by=place.person, **words)


def moved(place: Place, address: str) -> None:
    """The police write another address, and their next batch brings it."""
    with police.opened() as database:
        database.execute('UPDATE huji.rk SET "ZZ" = %s, "GXSJ" = now() WHERE "GMSFHM" = %s', (address, place.number))
    batch = open_batch(Exchange.objects.get(code="police_residents"), by=BY)
    receive_batch(batch, by=BY)
    check_batch(batch, by=BY)
    batch.refresh_from_db()
    link_batch(batch, by=BY)
    fuse_register(place.register, by=BY)


def a_day_off_moves(objection: Objection) -> bool:
    """Whether its last day moves with the calendar; it is what it was afterwards."""
    last = objection.due_on
    with rolled_back():
        CalendarDay.objects.update_or_create(date=last, defaults={"working": False, "source": "tests"})
        jobs.retime()
        objection.refresh_from_db()
        moved_on = objection.due_on > last
    objection.refresh_from_db()
    return moved_on and objection.due_on == last


def newest_look(person: Actor) -> tuple[str, str, str]:
    """(verb, purpose, organisation) of the last time somebody looked at them."""
    line = looks_at(Named("resources.population", person.subject))[0]
    return line.verb, line.purpose, line.organisation


def test_an_objection_goes_with_its_record_to_the_department_and_comes_back_corrected(place: Place) -> None:
    objection = filed(place)

    fact = subjects.facts_about("population", place.person.subject, [ADDRESS], purpose="own_data", by=place.person)[
        ADDRESS
    ]
    assert fact.winner is not None
    assert (objection.batch_id, objection.position) == (fact.winner.batch, fact.winner.position)
    assert (objection.provider, objection.state) == ("public_security", State.SENT)
    assert objection.due_on == add_working_days(clock.today(), 10)
    assert a_day_off_moves(objection)
    assert [one.pk for one in queries.objections_for("public_security")] == [objection.pk]
    assert list(queries.objections_for("civil_affairs")) == []
    assert queries.words_of(objection, by=place.person).objected == fact.value

    # What they wrote is nowhere in the clear, also not in the trail or among the jobs.
    kept = everything_kept()
    assert [secret for secret in (RIGHT, REASON, fact.value or "?", place.number) if secret in kept] == []

    # The department reads it under a purpose, which the person sees.
    words = queries.words_of(objection, by=OFFICER)
    assert (words.right, words.reason) == (RIGHT, REASON)
    assert newest_look(place.person) == ("objections.read", "data_quality", "public_security")

    # Its word alone closes nothing.
    answer_objection(objection, verdict="corrected", reason=ANSWER, by=OFFICER)
    assert jobs.look_for_corrections("population", by=BY) == 0
    objection.refresh_from_db()
    assert objection.state == State.CORRECTED_AT_SOURCE

    # The batch does.
    moved(place, RIGHT)
    assert jobs.look_for_corrections("population", by=BY) == 1
    objection.refresh_from_db()
    assert (objection.state, objection.outcome, objection.as_said) == (State.CLOSED, Outcome.CORRECTED, True)
    assert str(objection.corrected_by) == "police_residents/000002"
    assert ANSWER not in everything_kept()

    # And nothing is left to look at.
    with CaptureQueriesContext(connection) as asked:
        assert jobs.look_for_corrections("population", by=BY) == 0
    assert len(asked) <= 2


def test_another_value_than_the_person_said_closes_it_too_and_an_unchanged_one_does_not(place: Place) -> None:
    objection = filed(place)
    other = filed(place, "person.sex", right="9")

    moved(place, "苏州市姑苏区人民路1号")
    jobs.look_for_corrections("population", by=BY)

    objection.refresh_from_db()
    other.refresh_from_db()
    assert (objection.outcome, objection.as_said) == (Outcome.CORRECTED, False)
    assert (other.state, other.outcome, other.seen_edition) == (State.SENT, "", 2)
    assert newest_look(place.person) == ("subjects.said_since", "data_quality", "")


def test_the_job_of_a_publication_is_queued_only_where_something_waits(place: Place) -> None:
    event = jobs.BasePublished(register="population", edition=2)
    with CaptureQueriesContext(connection) as asked:
        jobs.on_base_published(event)
    idle = len(asked)
    filed(place)
    jobs.on_base_published(event)

    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> 'register' FROM procrastinate_jobs WHERE task_name = %s", [jobs.LOOK])
        assert (idle, cursor.fetchall()) == (1, [("population",)])


def test_what_was_said_is_refused_where_it_says_nothing(place: Place) -> None:
    value = subjects.facts_about("population", place.person.subject, [ADDRESS], purpose="own_data", by=place.person)
    cases: list[tuple[type[GusuError], dict[str, str]]] = [
        (NotSaid, {"right": " "}),
        (NotSaid, {"reason": "由" * 2001}),
        (SaysTheSame, {"right": f" {value[ADDRESS].value} "}),
        (NothingToObjectTo, {"source": "deaths"}),
    ]
    for error, said in cases:
        with pytest.raises(error):
            filed(place, **said)
    with pytest.raises(NothingToObjectTo):
        filed(place, "person.no_such")
    with pytest.raises(NotFound):
        file_objection("nowhere", ADDRESS, source="police", right=RIGHT, reason=REASON, by=place.person)
    with pytest.raises(NotAllowed):
        file_objection("population", ADDRESS, source="police", right=RIGHT, reason=REASON, by=OFFICER)

    assert Objection.objects.count() == 0


def test_one_objection_to_an_element_is_open_at_a_time_also_in_a_race(place: Place) -> None:
    results = at_once(lambda: filed(place), lambda: filed(place))

    refused = [result for result in results if isinstance(result, AlreadyObjected)]
    assert (len(refused), Objection.objects.count()) == (1, 1)
    withdraw(Objection.objects.get(), by=place.person)
    assert filed(place).state == State.SENT


def test_nobody_but_the_person_and_the_answering_organisation_knows_of_it(place: Place) -> None:
    objection = filed(place)
    stranger = Actor("acc1-STRANGER", subject=ids.new("sub"))
    nobody = Actor("acc1-UNBOUND")
    powerless = replace(OFFICER, permissions=frozenset())

    for by in (stranger, nobody, ELSEWHERE, powerless):
        with pytest.raises(NotFound):
            queries.objection(objection.pk, by=by)
        with pytest.raises(NotFound):
            queries.words_of(objection, by=by)
        with pytest.raises(NotAllowed):
            answer_objection(objection, verdict="upheld", reason=ANSWER, by=by)
        with pytest.raises(NotAllowed):
            withdraw(objection, by=by)
    with pytest.raises(NotAllowed):  # nobody answers their own
        answer_objection(objection, verdict="upheld", reason=ANSWER, by=replace(OFFICER, subject=objection.subject))
    assert queries.objection(objection.pk, by=place.person) == queries.objection(objection.pk, by=OFFICER) == objection


def test_an_upheld_value_stands_until_it_can_no_longer_be_taken_further(place: Place) -> None:
    objection = answer_objection(filed(place), verdict="upheld", reason=ANSWER, by=OFFICER)

    assert queries.words_of(objection, by=place.person).answer == ANSWER
    with pytest.raises(IllegalMove):
        answer_objection(objection, verdict="corrected", reason=ANSWER, by=OFFICER)
    with pytest.raises(NotFound):
        answer_objection(objection, verdict="perhaps", reason=ANSWER, by=OFFICER)
    jobs.close_the_answered(by=BY)
    objection.refresh_from_db()
    assert objection.state == State.UPHELD
    with clock.frozen(clock.now() + RECONSIDERATION + timedelta(days=1)):
        jobs.close_the_answered(by=BY)
    objection.refresh_from_db()
    assert (objection.state, objection.outcome) == (State.CLOSED, Outcome.UPHELD)
    assert filed(place).state == State.SENT  # it may be said again


def test_an_answer_is_overdue_after_its_last_working_day(place: Place) -> None:
    with clock.frozen(datetime(2026, 9, 21, 4, tzinfo=UTC)):
        objection = filed(place)

    assert objection.due_on.isoformat() == "2026-10-12"  # over the National Day holiday, as the calendar pack has it
    with clock.frozen(datetime(2026, 10, 12, 12, tzinfo=UTC)):
        assert queries.inbox("public_security") == queries.Inbox(waiting=1, overdue=0)
    with clock.frozen(datetime(2026, 10, 13, 12, tzinfo=UTC)):
        assert queries.inbox("public_security") == queries.Inbox(waiting=1, overdue=1)
        assert queries.is_overdue(objection, clock.today())


def test_words_go_when_their_time_is_over_and_with_the_person(place: Place) -> None:
    old, open_one = withdraw(filed(place), by=place.person), filed(place, "person.sex", right="9")

    assert drop_old_words() == 0
    with clock.frozen(clock.now() + timedelta(days=1096)):
        assert drop_old_words() == 1
        old.refresh_from_db()
        assert queries.words_of(old, by=place.person) == queries.Words("", "", "", "")
    open_one.refresh_from_db()
    assert open_one.objected != ""

    eraser = Actor("acc1-DATA", organisation="resource_centre", permissions=frozenset({"subjects.erase"}))
    erase_subject(place.register, subject=place.person.subject, ground="law", by=eraser)
    jobs.forget_the_erased(by=BY)
    open_one.refresh_from_db()
    assert (open_one.state, open_one.outcome, open_one.objected, open_one.right) == (State.CLOSED, "erased", "", "")
    with pytest.raises(NothingToObjectTo):
        filed(place)


def test_every_state_is_in_the_table_and_an_ended_one_moves_no_more() -> None:
    assert set(TRANSITIONS) == set(State)
    assert [TRANSITIONS[state] for state in (State.CLOSED, State.WITHDRAWN)] == [set(), set()]
    assert {state for after in TRANSITIONS.values() for state in after} == set(State) - {State.FILED}
