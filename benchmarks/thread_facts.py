"""What one question about one person costs, asked of ten thousand, beside what this machine asks for any commit."""

import time
from collections.abc import Callable
from functools import partial

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from gusu.kernel import ids
from gusu.kernel.actor import Actor
from gusu.resources.subjects.queries import KIND, declared, facts_about
from gusu.resources.subjects.spec import table_of
from thread_found import Facts

PEOPLE, ELEMENTS = 10_000, 20
OFFICER = Actor(account="acc1-BENCH", organisation="resource_centre")
PURPOSE = "data_quality"


def timed(register: str) -> Facts:
    """Three kinds of call in turn, each about another person: a slow moment of the machine falls on all alike.

    The first is inside a transaction that ends after it: instead of a beginning and a commit it has a savepoint.
    """
    elements = list(declared(register).elements)[:ELEMENTS]
    people = _people(register)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_commits (at timestamptz)")
    uncommitted, committed, commit = [], [], []
    for one, other in zip(people[::2], people[1::2], strict=False):
        with transaction.atomic():
            uncommitted.append(_seconds(partial(_asked, register, one, elements)))
        committed.append(_seconds(partial(_asked, register, other, elements)))
        commit.append(_seconds(_commit))
    queries = _queries(register, people[0], elements[:1]), _queries(register, people[0], elements)
    return Facts(len(commit), _p99(uncommitted), _p99(committed), _p99(commit), queries)


def _people(register: str) -> list[str]:
    """Two for each turn, at random, none twice."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT subject FROM {table_of(register)} ORDER BY random() LIMIT %s", [2 * PEOPLE])
        return [ids.spelled(KIND, subject) for (subject,) in cursor.fetchall()]


def _asked(register: str, subject: str, elements: list[str]) -> None:
    facts = facts_about(register, subject, elements, purpose=PURPOSE, by=OFFICER)
    if facts["person.id_number"].state != "known":
        raise RuntimeError("somebody in the register has no number")


def _commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_commits VALUES (now())")


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _queries(register: str, subject: str, elements: list[str]) -> int:
    with CaptureQueriesContext(connection) as queries:
        facts_about(register, subject, elements, purpose=PURPOSE, by=OFFICER)
    return len(queries)


def _p99(seconds: list[float]) -> float:
    return 1000 * sorted(seconds)[int(len(seconds) * 0.99)]
