"""Keeping the targets that packs declare. Called inside packkit's one action, which leaves the audit line."""

from collections.abc import Iterable

from gusu.governance.performance.models import Target
from gusu.kernel import clock

FIELDS = [field.name for field in Target._meta.fields if not field.primary_key]


def write_targets(targets: list[Target]) -> None:
    """Insert or update; a retired target comes back into force."""
    Target.objects.bulk_create(targets, update_conflicts=True, unique_fields=["code"], update_fields=FIELDS)


def retire_targets(codes: Iterable[str]) -> None:
    Target.objects.filter(code__in=list(codes)).update(retired_at=clock.now())
