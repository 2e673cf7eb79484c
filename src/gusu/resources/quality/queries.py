"""What can be asked of quality."""

from dataclasses import dataclass

from django.db.models import QuerySet

from gusu.kernel.lake import files
from gusu.resources.exchange.queries import Batch
from gusu.resources.quality.models import Check, Quarantined, Rule, RuleResult

__all__ = [
    "Check",
    "Measured",
    "Quarantined",
    "Rule",
    "RuleResult",
    "check_of",
    "kept_out_files",
    "measured",
    "quarantine",
    "rules_of",
]


@dataclass(frozen=True, slots=True)
class Measured:
    """How good the newest checked batch of a resource is. share: of rows let through; by_dimension: the worst rule of
    each, 0..1.
    """

    batch: Batch
    rows: int
    passed: int
    quarantined: int
    share: float
    by_dimension: dict[str, float]


def measured(resources: list[str]) -> dict[str, Measured]:
    """Measured quality of each resource that has been checked; two queries however many."""
    newest = (
        Check.objects.filter(batch__exchange__resource__in=resources)
        .select_related("batch__exchange")
        .order_by("batch__exchange__resource", "-batch_id")
        .distinct("batch__exchange__resource")
        .prefetch_related("results")
    )
    return {check.batch.exchange.resource: _measure(check) for check in newest}


def _measure(check: Check) -> Measured:
    rows = check.rows or 1
    worst: dict[str, float] = {}
    for result in check.results.all():
        worst[result.dimension] = min(worst.get(result.dimension, 1.0), 1 - result.failed / rows)
    return Measured(check.batch, check.rows, check.passed, check.quarantined, check.passed / rows, worst)


def check_of(batch: Batch) -> Check | None:
    return Check.objects.filter(batch=batch).first()


def quarantine(batch: Batch, *, rule: str = "", after: int = 0) -> QuerySet[Quarantined]:
    """Rows kept out, by position; `after` is the keyset (an id: rows were inserted in that order)."""
    found = Quarantined.objects.filter(check_of__batch=batch, pk__gt=after).order_by("pk")
    return found.filter(rule=rule) if rule else found


def rules_of(resource: str) -> QuerySet[Rule]:
    return Rule.objects.filter(resource=resource, ended_at=None).order_by("code")


def kept_out_files(batch: Batch) -> list[str]:
    """Addresses of the files that hold the positions kept out of a batch, for the engine."""
    return files.paths(f"{batch.exchange.resource}.quarantined", f"{batch.number:06d}")
