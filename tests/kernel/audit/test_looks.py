"""Who looked at one thing: every line about it and no other, in pages, however long the trail is."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.audit.queries import Lookers, Named, lookers_at, looks_at

pytestmark = pytest.mark.django_db
PERSON, OTHER = Named("resources.people", "sub1-A"), Named("resources.people", "sub1-B")
OFFICE = Actor("acc1-OFFICE", organisation="office")


def look(about: Named, by: Actor = OFFICE, *, refused: str = "", year: int = 2026) -> None:
    with clock.frozen(datetime(year, 3, 1, 4, tzinfo=UTC)):
        trail.append("subjects.facts_about", by=by, about=about, refused=refused, purpose="own_data")


def test_a_look_at_another_or_under_another_kind_is_not_told() -> None:
    for about in (PERSON, OTHER, Named("resources.companies", PERSON.key), Named(PERSON.kind, "")):
        look(about)
    look(PERSON, refused="withheld")

    assert [(line.subject_id, line.outcome) for line in looks_at(PERSON)] == [("sub1-A", "refused"), ("sub1-A", "done")]


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    for _ in range(7):
        look(PERSON)
        look(OTHER)
    seen: list[int] = []
    while page := list(looks_at(PERSON, before=seen[-1] if seen else 0)[:3]):
        seen += [line.pk for line in page]

    assert seen == sorted({line.pk for line in looks_at(PERSON)}, reverse=True)
    assert len(seen) == 7


def test_a_list_is_narrowed_by_year_in_the_citys_time_and_by_who_acted_for_whom() -> None:
    look(PERSON, year=2025)
    look(PERSON, Actor("acc1-SELF"))
    with clock.frozen(datetime(2024, 12, 31, 17, tzinfo=UTC)):  # in China it is already the new year
        trail.append("subjects.facts_about", by=OFFICE, about=PERSON)

    assert lookers_at(PERSON) == Lookers(["", "office"], [2026, 2025])
    assert looks_at(PERSON, year=2025).count() == 2
    assert [line.actor for line in looks_at(PERSON, organisation="")] == ["acc1-SELF"]
    assert looks_at(PERSON, organisation="elsewhere").count() == 0


def test_the_index_of_subjects_answers() -> None:
    for about in [PERSON, *[OTHER] * 200]:
        look(about)
    sql, values = looks_at(PERSON, year=2026)[:30].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE kernel_auditline")  # or the plan would depend on what tests before left to the planner
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "auditline_subject" in plan
    assert "Sort" not in plan
