"""What can be asked of the trail."""

from django.db.models import QuerySet

from gusu.kernel.audit.models import AuditLine, AuditSeal
from gusu.kernel.audit.sealing import Fault, faults

__all__ = ["AuditLine", "AuditSeal", "Fault", "faults", "lines", "newest_seal"]


def lines(
    *, actor: str = "", verb: str = "", outcome: str = "", subject: str = "", before: int = 0
) -> QuerySet[AuditLine]:
    """Newest first, narrowed by what is given; `before` is the keyset: lines older than that id."""
    found = AuditLine.objects.order_by("-pk")
    for field, value in (("actor", actor), ("verb__startswith", verb), ("outcome", outcome), ("subject_id", subject)):
        if value:
            found = found.filter(**{field: value})
    return found.filter(pk__lt=before) if before else found


def newest_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-pk").defer("leaves", "line_ids").first()
