"""A city's cases for the service benchmark: many, of many item versions, due on many days; and drafts to hand in."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from running import City

ITEM = "residence_permit"
BODIES = ("public_security", "civil_affairs", "transport", "health", "education")
COPIED = """
INSERT INTO services_item (item, code, organisation, kind, title_zh, title_en, summary_zh, summary_en, audiences,
    events, words)
SELECT 'bench_' || n, 'BENCH' || n, (%(bodies)s::text[])[1 + n %% 5], kind, title_zh || n, title_en || n, summary_zh,
    summary_en, audiences, events, '' FROM services_item, generate_series(1, %(versions)s) AS n WHERE item = %(item)s;
INSERT INTO services_itemversion (item_id, number, declaration, from_at)
SELECT i.id, 1, v.declaration, v.from_at FROM services_item AS i, services_itemversion AS v
    JOIN services_item AS o ON o.id = v.item_id AND o.item = %(item)s AND v.until_at IS NULL
WHERE i.item LIKE 'bench_%%'
"""
CASES = """
INSERT INTO services_case (id, number, item, item_version_id, form_version_id, decision_version_id, organisation,
    state, account, subject, applicant_name, revision, handler, opened_at, submitted_at, accepted_at, due, urgent_by,
    yellow_on)
SELECT 'case1-' || lpad(n::text, 26, '0'), 'B' || lpad(n::text, 16, '0'), i.item, v.id, f.id, d.id, i.organisation,
    (ARRAY['submitted', 'received', 'accepted', 'reviewed'])[1 + n %% 4], 'acc1-' || n, 'sub1-' || n, '演示', 1, '',
    now(), now(), CASE WHEN n %% 4 > 1 THEN now() END, day, day, day - 2
FROM generate_series(1, %(cases)s) AS n
CROSS JOIN LATERAL (SELECT current_date + (n * 7919 %% 90 - 20) AS day) AS due
JOIN services_item AS i ON i.item = 'bench_' || (1 + n * 31 %% %(versions)s)
JOIN services_itemversion AS v ON v.item_id = i.id
CROSS JOIN (SELECT id FROM services_formversion WHERE item = %(item)s AND until_at IS NULL) AS f
CROSS JOIN (SELECT id FROM services_decisionversion WHERE item = %(item)s AND until_at IS NULL) AS d
"""
GIVEN = {"date": "2026-01-05", "integer": "1"}


@contextmanager
def attached(city: City) -> Iterator[None]:
    """This process as one more of the city's own: its database, its keys."""
    from gusu.site.server.postgres import Embedded

    before = dict(os.environ)
    os.environ |= {name: city.environment[name] for name in ("GUSU_DATA", "GUSU_KEYS")}
    os.environ |= {"DATABASE_URL": Embedded(city.place).url, "DJANGO_SETTINGS_MODULE": "gusu.site.settings"}
    import django

    django.setup()
    try:
        yield
    finally:
        from django.db import connections

        connections.close_all()
        os.environ.clear()
        os.environ.update(before)


def fill(cases: int, versions: int) -> None:
    """As many open cases of as many item versions, in five bodies, due over three months."""
    from django.db import connection

    told = {"versions": versions, "cases": cases, "item": ITEM, "bodies": list(BODIES)}
    with connection.cursor() as cursor:
        for statement in (*COPIED.split(";"), CASES):
            cursor.execute(statement, told)
        cursor.execute("ANALYZE services_case")


def applicants(many: int) -> list[Any]:
    """People of the register who each have an account: what acts for them."""
    from django.db import connection

    from gusu.kernel import ids
    from gusu.kernel.actor import Actor

    with connection.cursor() as cursor:
        cursor.execute("SELECT subject FROM subjects_population ORDER BY md5(subject::text) LIMIT %s", [many])
        subjects = [ids.spelled("sub", subject) for (subject,) in cursor.fetchall()]
    may = frozenset({"kind.citizen"})
    return [Actor(f"acc1-BENCH{place}", "", "", may, subject, 3) for place, subject in enumerate(subjects)]


def begun(by: Any) -> tuple[Any, dict[str, str], str]:
    """A draft of the item, what has to be typed into it, and the code of the page that shows it."""
    from gusu.services.cases import actions, queries
    from gusu.services.forms import queries as forms

    case = actions.open_case(ITEM, subject=by.subject, by=by)
    kept = queries.pinned(case)
    facts = forms.prefilled(kept.form, by.subject, by=queries.asker(kept, by))
    steps = forms.asked(kept.form, facts, {}, forms.words_of(kept.form))
    typed = {field.field.element: _given(field) for step in steps for field in step.fields if not field.locked}
    return case, typed, forms.seen(kept.form, by.subject, facts)


def handed_in(many: int) -> list[str]:
    """So many cases, submitted: their ids."""
    from gusu.services.cases import actions

    found = []
    for by in applicants(many):
        case, typed, seen = begun(by)
        found.append(actions.submit_case(case, typed, seen=seen, by=by).pk)
    return found


def submitted_per_second(city: City, each: int, processes: int) -> float:
    """Drafts made ready, then all handed in by so many processes at once: submissions a second, of all together."""
    context = get_context("spawn")
    barrier, pipe = context.Barrier(processes + 1), context.SimpleQueue()
    workers = [
        context.Process(target=_submit, args=(dict(os.environ), place, each, barrier, pipe))
        for place in range(processes)
    ]
    for worker in workers:
        worker.start()
    barrier.wait()
    spans = [pipe.get() for _ in workers]
    for worker in workers:
        worker.join()
    return each * processes / (max(end for _, end in spans) - min(start for start, _ in spans))


def _submit(environment: dict[str, str], place: int, each: int, barrier: Any, pipe: Any) -> None:
    os.environ.update(environment)
    import django

    django.setup()
    from gusu.services.cases import actions

    own = applicants(1000 + each * (place + 1))[-each:]
    drafts = [(by, *begun(by)) for by in own]
    barrier.wait()
    began = time.time()
    for by, case, typed, seen in drafts:
        actions.submit_case(case, typed, seen=seen, by=by)
    pipe.put((began, time.time()))


def _given(field: Any) -> str:
    if field.options:
        return str(next(iter(field.options)))
    if field.element.pattern:
        return "320508000000" if "12" in field.element.pattern else "13800000000"
    return GIVEN.get(field.element.type, "演示")
