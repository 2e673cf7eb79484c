"""The words pages use for coded values, in the active language; `show`, which gives them to every page of the spaces;
and `whole`, by which pages read a number from an address.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gusu.identity.access import Request

BATCH_KINDS = {
    "opened": "info",
    "landed": "info",
    "checked": "info",
    "merged": "ok",
    "unchanged": "neutral",
    "refused": "bad",
}


def show(request: Request, template: str, seen: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """`template` with what it needs and the words."""
    return render(request, f"spaces/{template}", seen | words(), status=status)


def whole(typed: str | None) -> int:
    """A whole number out of an address, of at most fifteen digits; 0 for anything else."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 16 else 0


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
