"""The words pages use for coded values, in the active language; `show`, which gives them to every page of the spaces;
`whole`, by which pages read a number from an address; and what the pages about cases share.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gusu.identity.access import Request
from gusu.kernel.looks.jinja import label
from gusu.services.cases.queries import CaseFile, Pinned
from gusu.services.forms.queries import words_of

BATCH_KINDS = {
    "opened": "info",
    "landed": "info",
    "checked": "info",
    "merged": "ok",
    "unchanged": "neutral",
    "refused": "bad",
}
SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
CASE_KINDS = {
    "submitted": "info",
    "received": "info",
    "returned": "warn",
    "accepted": "info",
    "reviewed": "info",
    "decided": "ok",
    "issued": "ok",
    "closed": "ok",
    "not_accepted": "bad",
    "refused": "bad",
}


def show(request: Request, template: str, seen: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """`template` with what it needs and the words."""
    return render(request, f"spaces/{template}", seen | words(), status=status)


def about_of(kept: Pinned) -> dict[str, str]:
    """What a correction notice may be about: elements of the form, and materials as "m0", "m1" … → their names."""
    known = words_of(kept.form).elements
    named = {
        field.element: label(field.label.text if field.label else known[field.element].label)
        for field in kept.form.fields
    }
    return named | {f"m{place}": label(material.name.text) for place, material in enumerate(kept.item.materials)}


def attached(file: CaseFile, body: bytes, number: str) -> HttpResponse:
    """A material as it was handed in; its name tells the case's number and the material's place."""
    answer = HttpResponse(body, content_type=file.media_type)
    name = f"{number}-{file.material + 1}.{SUFFIXES.get(file.media_type, 'bin')}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def whole(typed: str | None) -> int:
    """A whole number out of an address, of at most fifteen digits; 0 for anything else."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 16 else 0


def revocation_grounds() -> dict[str, str]:
    """The grounds of 行政许可法 art. 69 and 70 on which a licence is taken back."""
    return {
        "wrongly_issued": _("It should not have been issued (art. 69)"),
        "obtained_by_deceit": _("It was obtained by deceit or bribery (art. 69)"),
        "holder_died": _("Its holder has died (art. 70)"),
        "given_up": _("Its holder gave it up (art. 70)"),
        "conditions_ended": _("Its conditions no longer hold (art. 70)"),
        "penalty": _("It is struck off as a penalty (art. 70)"),
    }


def words() -> dict[str, dict[str, str]]:
    return {
        "batch_kinds": BATCH_KINDS,
        "batch_states": {
            "opened": _("opened"),
            "landed": _("landed"),
            "checked": _("checked"),
            "merged": _("merged"),
            "unchanged": _("unchanged"),
            "refused": _("refused"),
        },
        "case_kinds": CASE_KINDS,
        "case_states": {
            "draft": _("draft"),
            "submitted": _("submitted"),
            "received": _("taken in hand"),
            "returned": _("to be corrected"),
            "accepted": _("accepted"),
            "reviewed": _("reviewed"),
            "decided": _("granted"),
            "issued": _("issued"),
            "closed": _("concluded"),
            "not_accepted": _("not accepted"),
            "refused": _("not granted"),
            "withdrawn": _("withdrawn"),
            "expired": _("expired"),
        },
        "case_verbs": {
            "submit_case": _("Submitted"),
            "correct_case": _("Correction handed in"),
            "discard_case": _("Draft thrown away"),
            "withdraw_case": _("Withdrawn by the applicant"),
            "receive_case": _("Taken in hand"),
            "return_case": _("Correction notice sent"),
            "accept_case": _("Accepted"),
            "deem_accepted": _("Accepted by law: nobody answered in five working days"),
            "decline_case": _("Not accepted"),
            "review_case": _("Reviewed"),
            "send_back_case": _("Sent back to be reviewed again"),
            "decide_case": _("Decided"),
            "stop_clock": _("Clock stopped"),
            "resume_clock": _("Clock resumed"),
            "extend_clock": _("Time extended"),
            "issue_licence": _("Result issued"),
            "close_case": _("Concluded"),
            "expire_case": _("Ended: not corrected in time"),
        },
        "revoked_on": revocation_grounds(),
        "case_clocks": {
            "acceptance": _("Time to accept"),
            "promised": _("Promised time"),
            "statutory": _("Time by law"),
        },
        "cards": {"yellow": _("due soon"), "red": _("overdue")},
        "card_kinds": {"yellow": "warn", "red": "bad"},
        "dimensions": {
            "normative": _("Normative"),
            "complete": _("Complete"),
            "accurate": _("Accurate"),
            "consistent": _("Consistent"),
            "timely": _("Timely"),
            "accessible": _("Accessible"),
        },
        "sharing": {
            "unconditional": _("unconditionally"),
            "conditional": _("on conditions"),
            "none": _("not shared"),
        },
        "item_kinds": {"instant": _("decided at once"), "promised": _("decided by a promised day")},
        "material_needs": {"required": _("required"), "optional": _("if you have it"), "later": _("may follow later")},
        "material_sources": {
            "applicant": _("from the applicant"),
            "government": _("issued by government"),
            "other": _("from somebody else"),
            "": "—",
        },
        "result_kinds": {
            "licence": _("a licence"),
            "document": _("a written decision"),
            "completion": _("completion"),
        },
        "cycles": {
            "realtime": _("in real time"),
            "daily": _("daily"),
            "weekly": _("weekly"),
            "monthly": _("monthly"),
            "quarterly": _("quarterly"),
            "half-yearly": _("every half year"),
            "yearly": _("yearly"),
            "irregular": _("irregularly"),
            "on-demand": _("on demand"),
        },
    }
