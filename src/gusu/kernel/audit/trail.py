"""Appending to the trail: one line in the caller's transaction, nothing read, nothing locked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from gusu.kernel import clock
from gusu.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Named:
    """What a line is about where it is no row of a model: its kind and its identifier."""

    kind: str
    key: str


_notes: ContextVar[dict[str, object] | None] = ContextVar("audit_notes", default=None)

APPEND = """
INSERT INTO kernel_auditline
    (era, xid, at, actor, organisation, verb, subject_kind, subject_id, outcome, code, purpose, detail)
SELECT last_value, xid, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
FROM kernel_audit_era, (SELECT pg_current_xact_id()::text::bigint AS xid OFFSET 0) AS mine
"""  # the line's id is drawn last: never before its transaction has a number (see `sealing`)


def append(
    verb: str,
    *,
    by: Actor,
    about: object = None,
    detail: dict[str, object] | None = None,
    purpose: str = "",
    refused: str = "",
) -> None:
    """Add one line. `detail` holds counts, codes and element names, never a personal value; `refused` is an error's
    code.
    """
    named = Named(about._meta.label_lower, str(about.pk)) if isinstance(about, models.Model) else about
    kind, key = (named.kind, named.key) if isinstance(named, Named) else ("", "")
    outcome = "refused" if refused else "done"
    values: list[Any] = [
        clock.now(),
        by.account,
        by.organisation,
        verb,
        kind,
        key,
        outcome,
        refused,
        purpose,
        json.dumps(detail or {}),
    ]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, values)


@contextmanager
def notes() -> Iterator[dict[str, object]]:
    """What the verb running now wants its line to say beside who, what and when."""
    detail: dict[str, object] = {}
    token = _notes.set(detail)
    try:
        yield detail
    finally:
        _notes.reset(token)


def note(**detail: object) -> None:
    """From inside an action or a commit: add counts or codes to its audit line."""
    kept = _notes.get()
    if kept is not None:
        kept.update(detail)
