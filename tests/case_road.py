"""Cases as the kill story makes them, and all that can be told of what came of them.

What a deed does is done again from where it stood when the database went away under it: every verb of a case may be
said twice.
"""

from collections import Counter
from typing import Any

from django.db import connection

from gusu.demo.departments import databases
from gusu.kernel import ids
from gusu.kernel.actor import Actor
from gusu.services.cases import actions, queries
from gusu.services.cases.models import Case, State
from gusu.services.forms import queries as forms
from gusu.services.licences.models import Licence

ITEM = "residence_permit"
OFFICIAL = Actor("acc1-KILL", organisation="public_security", permissions=frozenset({"cases.handle", "cases.decide"}))
GIVEN = {"date": "2026-01-05", "integer": "1"}


def decide_cases(first: int, many: int) -> int:
    """So many people apply, and each case is received, accepted, reviewed and granted; answers how many are decided."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject FROM subjects_population ORDER BY subject OFFSET %s LIMIT %s", [first, many])
        subjects = [ids.spelled("sub", subject) for (subject,) in cursor.fetchall()]
    for place, subject in enumerate(subjects, first):
        _decided(Actor(f"acc1-KILL{place}", "", "", frozenset({"kind.citizen"}), subject, 3))
    return len(subjects)


def cases_told() -> dict[str, Any]:
    """Cases by state, licences, rows in the department's table, and whatever is there twice or does not belong."""
    cases = list(Case.objects.exclude(submitted_at=None))
    licences = dict(Licence.objects.values_list("case", "number"))
    with databases.opened("police") as police:
        rows = dict(police.execute('SELECT "BJBH", "JZZH" FROM huji.jzz').fetchall())
    lines = Counter((line.case_id, line.verb) for case in cases for line in queries.history(case))
    return {
        "states": dict(Counter(str(case.state) for case in cases)),
        "licences": len(licences),
        "rows": len(rows),
        "twice": sorted(f"{case} {verb}" for (case, verb), count in lines.items() if count > 1),
        "strange": [str(case) for case in cases if rows.get(case.number or "") != licences.get(case.pk)],
    }


def _decided(by: Actor) -> None:
    case = Case.objects.filter(account=by.account).first() or actions.open_case(ITEM, subject=by.subject, by=by)
    if case.state == State.DRAFT:
        kept = queries.pinned(case)
        facts = forms.prefilled(kept.form, by.subject, by=queries.asker(kept, by))
        steps = forms.asked(kept.form, facts, {}, forms.words_of(kept.form))
        typed = {field.field.element: _given(field) for step in steps for field in step.fields if not field.locked}
        case = actions.submit_case(case, typed, seen=forms.seen(kept.form, by.subject, facts), by=by)
    for state, verb in (
        (State.SUBMITTED, lambda case: actions.receive_case(case, by=OFFICIAL)),
        (State.RECEIVED, lambda case: actions.accept_case(case, by=OFFICIAL)),
        (State.ACCEPTED, lambda case: actions.review_case(case, opinion="属实", by=OFFICIAL)),
        (State.REVIEWED, lambda case: actions.decide_case(case, granted=True, by=OFFICIAL)),
    ):
        if case.state == state:
            case = verb(case)


def _given(field: forms.Asked) -> str:
    if field.options:
        return next(iter(field.options))
    if field.element.pattern:
        return "320508000000" if "12" in field.element.pattern else "13800000000"
    return GIVEN.get(field.element.type, "演示")
