"""What can be asked of the exchange."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from gusu.kernel.errors import NotFound
from gusu.kernel.lake import files
from gusu.kernel.text import Text
from gusu.resources.exchange.models import Batch, BatchState, Exchange

__all__ = [
    "Batch",
    "BatchState",
    "Exchange",
    "Standing",
    "batch_names",
    "batch_numbered",
    "batches",
    "exchange_of",
    "exchanges",
    "files_of",
    "newest_checked",
]

UNDER_WAY = {BatchState.OPENED, BatchState.LANDED, BatchState.CHECKED}
HAS_PASSED = [BatchState.CHECKED, BatchState.MERGED]


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing exchange and how its newest batch fared; rows and landed_at are of the newest that landed."""

    exchange: Exchange
    code: str
    title: Text
    resource: str
    last_number: int | None
    last_state: str | None
    last_rows: int | None
    last_landed_at: datetime | None


def exchanges(*, resource: str = "") -> list[Standing]:
    """Every standing exchange, or those of one resource, in one query."""
    newest = Batch.objects.filter(exchange=OuterRef("pk")).order_by("-number")
    landed = newest.exclude(landed_at=None)
    found = Exchange.objects.filter(ended_at=None, **({"resource": resource} if resource else {})).order_by("code")
    rows = found.annotate(
        last_number=Subquery(newest.values("number")[:1]),
        last_state=Subquery(newest.values("state")[:1]),
        last_rows=Subquery(landed.values("rows")[:1]),
        last_landed_at=Subquery(landed.values("landed_at")[:1]),
    )
    return [
        Standing(
            row, row.code, row.title, row.resource, row.last_number, row.last_state, row.last_rows, row.last_landed_at
        )
        for row in rows
    ]


def exchange_of(code: str) -> Exchange:
    found = Exchange.objects.filter(code=code, ended_at=None).first()
    if found is None:
        raise NotFound(kind=Text("交换任务", "exchange"), key=code)
    return found


def batches(*, exchange: str = "", state: str = "", before: int = 0) -> QuerySet[Batch]:
    """Newest first; `before` is the keyset."""
    found = Batch.objects.select_related("exchange").order_by("-pk")
    if exchange:
        found = found.filter(exchange__code=exchange)
    if state:
        found = found.filter(state=state)
    return found.filter(pk__lt=before) if before else found


def batch_numbered(exchange: str, number: int) -> Batch:
    found = Batch.objects.select_related("exchange").filter(exchange__code=exchange, number=number).first()
    if found is None:
        raise NotFound(kind=Text("批次", "batch"), key=f"{exchange}/{number}")
    return found


def batch_names(ids: set[int]) -> dict[int, str]:
    """What batches are called, by id, in one query."""
    return {batch.pk: str(batch) for batch in Batch.objects.select_related("exchange").filter(pk__in=ids)}


def newest_checked(resource: str) -> Batch | None:
    """The newest batch of a resource that has passed the rules."""
    passed = Batch.objects.select_related("exchange").filter(exchange__resource=resource, state__in=HAS_PASSED)
    return passed.order_by("-pk").first()


def files_of(batch: Batch) -> list[str]:
    """Addresses of a landed batch's Parquet files, for the engine."""
    return files.paths(batch.exchange.resource, f"{batch.number:06d}")
