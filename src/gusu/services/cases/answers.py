"""What was handed in, closed and opened: JSON in an envelope bound to its case and revision."""

import base64
import json
from collections.abc import Mapping

import msgspec

from gusu.kernel.crypto import envelope
from gusu.services.cases.models import Case, CaseAnswers, CaseFile
from gusu.services.forms.queries import Answer, Answers

DRAFT = 0


def closed(case: Case, revision: int, answers: Mapping[str, Answer]) -> str:
    text = msgspec.json.encode(list(answers.values())).decode()
    return envelope.close(text, context=_context(case.pk, revision))


def opened(row: CaseAnswers) -> Answers:
    """Element → answer; nothing where retention has taken it."""
    if not row.sealed:
        return {}
    text = envelope.open_(row.sealed, context=_context(row.case_id, row.revision))
    return {answer.element: answer for answer in msgspec.json.decode(text, type=list[Answer])}


def closed_draft(case: Case, typed: Mapping[str, str]) -> str:
    return envelope.close(json.dumps(dict(typed)), context=_context(case.pk, DRAFT))


def opened_draft(row: CaseAnswers | None) -> dict[str, str]:
    """What was typed so far."""
    if row is None or not row.sealed:
        return {}
    found: dict[str, str] = json.loads(envelope.open_(row.sealed, context=_context(row.case_id, DRAFT)))
    return found


def closed_file(file: str, body: bytes) -> str:
    return envelope.close(base64.b64encode(body).decode(), context=f"case-file/{file}")


def opened_file(row: CaseFile) -> bytes:
    return base64.b64decode(envelope.open_(row.sealed, context=f"case-file/{row.pk}"))


def _context(case: str, revision: int) -> str:
    return f"case-answers/{case}/{revision}"
