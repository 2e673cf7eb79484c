"""What can be asked of the trail."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import ExtractYear

from gusu.kernel.audit.models import AuditLine, AuditSeal
from gusu.kernel.audit.sealing import Fault, faults
from gusu.kernel.audit.trail import Named

__all__ = [
    "AuditLine",
    "AuditSeal",
    "Fault",
    "Lookers",
    "Named",
    "faults",
    "lines",
    "lookers_at",
    "looks_at",
    "newest_seal",
]


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


@dataclass(frozen=True, slots=True)
class Lookers:
    """Who has ever looked: organisation codes ("" for nobody's account or the house), and in which years."""

    organisations: list[str]
    years: list[int]


def looks_at(about: Named, *, organisation: str | None = None, year: int = 0, before: int = 0) -> QuerySet[AuditLine]:
    """Every line about one thing, newest first: who looked at a person, and who was refused (个人信息保护法第四十五条).

    organisation: of who acted, None for any.  year: in the city's time.  before: the keyset.  One range of one index,
    however long the trail is.
    """
    found = AuditLine.objects.filter(subject_kind=about.kind, subject_id=about.key).order_by("-pk")
    if organisation is not None:
        found = found.filter(organisation=organisation)
    if year:
        found = found.filter(at__year=year)
    return found.filter(pk__lt=before) if before else found


def lookers_at(about: Named) -> Lookers:
    """What `looks_at` can be narrowed by, in one query."""
    lines = AuditLine.objects.filter(subject_kind=about.kind, subject_id=about.key)
    pairs = set(lines.annotate(year=ExtractYear("at")).values_list("organisation", "year").distinct())
    return Lookers(sorted({code for code, _ in pairs}), sorted({year for _, year in pairs}, reverse=True))
