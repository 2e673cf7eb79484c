"""How an objection moves, who may move it, and within what time it must be answered."""

from collections.abc import Mapping
from datetime import date, timedelta

from gusu.kernel.actor import Actor
from gusu.kernel.states import Transitions
from gusu.resources.objections.models import OPEN, Objection, State

DAYS_TO_ANSWER = 10
"""Working days, from the day after it was sent: 政务数据共享条例（国务院令第809号）第二十六条, the time a department
has to verify, correct and answer when it is asked to check its data.  个人信息保护法第四十六条 says "in time"."""

RECONSIDERATION = timedelta(days=60)
"""行政复议法（2023 修订）第二十条: so long an answer that upholds the value can be taken further; then it is closed."""

LONGEST_RIGHT, LONGEST_REASON = 500, 2000  # characters

TRANSITIONS: Transitions = {
    State.FILED: {State.SENT, State.WITHDRAWN, State.CLOSED},
    State.SENT: {State.CORRECTED_AT_SOURCE, State.UPHELD, State.WITHDRAWN, State.CLOSED},
    State.CORRECTED_AT_SOURCE: {State.WITHDRAWN, State.CLOSED},
    State.UPHELD: {State.CLOSED},
    State.CLOSED: set(),
    State.WITHDRAWN: set(),
}
VERDICTS: Mapping[str, State] = {"corrected": State.CORRECTED_AT_SOURCE, "upheld": State.UPHELD}


def may_file(by: Actor, _register: str) -> bool:
    """Whoever is bound to a subject: nobody objects to the data of another."""
    return bool(by.subject)


def is_own(by: Actor, objection: Objection) -> bool:
    return bool(by.subject) and by.subject == objection.subject


def may_answer(by: Actor, objection: Objection) -> bool:
    """An official of the organisation whose value it is; never the person themselves."""
    return answers_for(by, objection) and not is_own(by, objection)


def answers_for(by: Actor, objection: Objection) -> bool:
    return by.can("objections.answer") and bool(by.organisation) and by.organisation == objection.provider


def is_the_house(by: Actor, _objection: Objection) -> bool:
    return by.house


def is_overdue(objection: Objection, today: date) -> bool:
    """Not answered by the end of its last day."""
    return objection.state in {State.FILED, State.SENT} and objection.due_on < today


def is_open(objection: Objection) -> bool:
    return objection.state in OPEN
