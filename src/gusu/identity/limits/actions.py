"""Counting tries and refusing one too many.

A try is counted before it is made and given back when it succeeds, so that a hundred at the same moment count as a
hundred.  What is counted (a client's address, a typed name) is kept only as a blind index, and only until its window
ends.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F

from gusu.identity.limits.models import Tally
from gusu.kernel import clock
from gusu.kernel.crypto.envelope import blind_index
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

PRUNE = """
DELETE FROM identity_tally WHERE key IN (
    SELECT key FROM identity_tally WHERE ends <= %s ORDER BY ends LIMIT 50 FOR UPDATE SKIP LOCKED)
"""
COUNT = """
INSERT INTO identity_tally AS tally (key, tries, ends) VALUES (%(key)s, 1, %(ends)s)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN tally.ends <= %(now)s THEN 1 ELSE tally.tries + 1 END,
    ends = CASE WHEN tally.ends <= %(now)s OR (%(from_last)s AND tally.tries < %(most)s)
                THEN %(ends)s ELSE tally.ends END
RETURNING tries
"""


class TooManyTries(GusuError):
    """The limit is reached. `first` marks the first try too many: it deserves an audit line, the flood does not."""

    status, code = 429, "too_many_tries"
    says = Text(
        "尝试次数过多，已暂停。请 {minutes} 分钟后再试。", "Too many attempts. Wait {minutes} minutes and try again."
    )

    def __init__(self, *, minutes: int, first: bool) -> None:
        super().__init__(minutes=minutes)
        self.first = first


@dataclass(frozen=True)
class Limit:
    """At most `most` tries in a window that begins with the first try or, with `from_last`, anew with each one."""

    use: str
    most: int
    window: timedelta
    from_last: bool = False


def count(limit: Limit, what: str) -> None:
    """Count one try; raises TooManyTries when it is one too many."""
    now = clock.now()
    known: dict[str, str | int] = {"key": _key(limit, what), "most": limit.most, "from_last": limit.from_last}
    with connection.cursor() as cursor:
        cursor.execute(PRUNE, [now])
        cursor.execute(COUNT, known | {"now": now, "ends": now + limit.window})
        [(tries,)] = cursor.fetchall()
    if tries > limit.most:
        raise TooManyTries(minutes=int(limit.window.total_seconds() // 60), first=tries == limit.most + 1)


def give_back(limit: Limit, what: str) -> None:
    """The try succeeded, so it was none: an office of hundreds behind one address signs in unhindered."""
    Tally.objects.filter(pk=_key(limit, what), tries__gt=0).update(tries=F("tries") - 1)


def forget(limit: Limit, what: str) -> None:
    """Start counting from nothing."""
    Tally.objects.filter(pk=_key(limit, what)).delete()


def _key(limit: Limit, what: str) -> str:
    return blind_index(what, context=f"limit/{limit.use}")
