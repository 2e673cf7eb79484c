"""What can be asked of the exchange."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from gusu.kernel import clock
from gusu.kernel.errors import NotFound
from gusu.kernel.lake import files
from gusu.kernel.text import Text
from gusu.resources.exchange.connections import is_kept, names
from gusu.resources.exchange.errors import Unbalanced
from gusu.resources.exchange.models import Batch, BatchState, Chunk, Exchange, Outcome, OutcomeState, Receipt, Return

__all__ = [
    "Batch",
    "BatchState",
    "Chunk",
    "Exchange",
    "Outcome",
    "OutcomeState",
    "Receipt",
    "Return",
    "Standing",
    "StandingReturn",
    "batch_names",
    "batch_numbered",
    "batches",
    "batches_by_id",
    "connection_names",
    "cursor_of",
    "exchange_of",
    "exchanges",
    "exchanges_due",
    "files_of",
    "incidents",
    "is_awaited",
    "landed_batches",
    "newest_checked",
    "outcome_of",
    "outcomes",
    "past_their_retention",
    "return_of",
    "returns",
    "returns_past_retention",
    "returns_waiting",
    "standing",
    "stood",
    "waiting",
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


def exchanges_due() -> list[Exchange]:
    """Standing exchanges that nothing is under way of and whose connection, if they name one, is kept; by code."""
    under_way = Batch.objects.filter(state=BatchState.OPENED).values("exchange")
    found = Exchange.objects.filter(ended_at=None).exclude(pk__in=under_way).order_by("code")
    return [exchange for exchange in found if is_kept(exchange.settings.get("connection", "")) or _in_pack(exchange)]


def _in_pack(exchange: Exchange) -> bool:
    return bool(exchange.settings.get("file")) and not exchange.settings.get("connection")


def cursor_of(exchange: Exchange) -> str:
    """Where the next batch of an exchange goes on; "" before the first."""
    served = exchange.batches.exclude(state__in=[BatchState.OPENED, BatchState.REFUSED]).exclude(cursor="")
    return served.order_by("-number").values_list("cursor", flat=True).first() or ""


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


def batches_by_id(ids: set[int]) -> dict[int, Batch]:
    """These batches with their exchanges, in one query."""
    return {batch.pk: batch for batch in Batch.objects.select_related("exchange").filter(pk__in=ids)}


def batch_names(ids: set[int]) -> dict[int, str]:
    """What batches are called, by id, in one query."""
    return {pk: str(batch) for pk, batch in batches_by_id(ids).items()}


def newest_checked(resource: str) -> Batch | None:
    """The newest batch of a resource that has passed the rules."""
    passed = Batch.objects.select_related("exchange").filter(exchange__resource=resource, state__in=HAS_PASSED)
    return passed.order_by("-pk").first()


def standing(resource: str) -> list[Batch]:
    """What a resource now amounts to, oldest first: the newest complete batch that passed the rules and every later
    one of changes that did.
    """
    passed = Batch.objects.select_related("exchange").filter(exchange__resource=resource, state__in=HAS_PASSED)
    base = passed.filter(complete=True).order_by("-pk").values("pk")[:1]
    return list(passed.filter(pk__gte=Subquery(base)).order_by("pk"))


def stood(resources: Iterable[str], at: datetime, *, complete_by: datetime) -> dict[str, list[Batch]]:
    """What each resource amounted to at a moment, oldest first, of what registers have taken in: the newest batch that
    was complete and had landed by `complete_by` (or else the first complete one), and every later one landed by `at`.
    """
    taken_in = Batch.objects.select_related("exchange").filter(state=BatchState.MERGED, landed_at__lte=at)
    found: dict[str, list[Batch]] = {resource: [] for resource in resources}
    for batch in taken_in.filter(exchange__resource__in=list(found)).order_by("pk"):
        its = found[batch.exchange.resource]
        if batch.complete and (not its or (batch.landed_at or at) <= complete_by):
            its.clear()
        if batch.complete or its:
            its.append(batch)
    return found


def landed_batches(resources: Iterable[str] | None = None) -> QuerySet[Batch]:
    """Batches that the lake still has, of these resources or of all, oldest first."""
    landed = Batch.objects.select_related("exchange").filter(let_go_at=None).exclude(landed_at=None).order_by("pk")
    return landed if resources is None else landed.filter(exchange__resource__in=resources)


def is_awaited(resources: Iterable[str], *, patience: timedelta) -> bool:
    """Whether a batch of these resources is on its way to being checked, opened no longer ago than that."""
    on_their_way = Batch.objects.filter(state__in=[BatchState.OPENED, BatchState.LANDED])
    return on_their_way.filter(exchange__resource__in=resources, opened_at__gt=clock.now() - patience).exists()


def connection_names() -> list[str]:
    """The connections kept for this city, by name; never what they hold."""
    return names()


def incidents(*, before: int = 0) -> QuerySet[Batch]:
    """Batches whose counts or digests did not balance, newest first."""
    return batches(state=BatchState.REFUSED, before=before).filter(refused_code=Unbalanced.code)


def files_of(batch: Batch) -> list[str]:
    """Addresses of a landed batch's Parquet files, for the engine."""
    return files.paths(batch.exchange.resource, batch.folder)


@dataclass(frozen=True, slots=True)
class StandingReturn:
    """A standing return and what goes by it. oldest: since when what has waited longest does.

    trouble, trouble_since: why what waits could not be handed over, and since when; empty, None when it could.
    """

    code: str
    title: Text
    waiting: int
    returned: int
    refused: int
    oldest: datetime | None
    trouble: Text
    trouble_since: datetime | None


def returns() -> list[StandingReturn]:
    """Every standing return, by code, in one query."""
    waits = Q(outcomes__state=OutcomeState.WAITING)
    rows = Return.objects.filter(ended_at=None).annotate(
        waiting=Count("outcomes", filter=waits),
        returned=Count("outcomes", filter=Q(outcomes__state=OutcomeState.RETURNED)),
        refused=Count("outcomes", filter=Q(outcomes__state=OutcomeState.REFUSED)),
        oldest=Min("outcomes__made_at", filter=waits),
    )
    return [
        StandingReturn(
            row.code, row.title, row.waiting, row.returned, row.refused, row.oldest, row.trouble, row.trouble_since
        )
        for row in rows.order_by("code")
    ]


def refused_outcomes() -> list[tuple[str, str]]:
    """(return, key) of what departments' tables would not take, the oldest first."""
    rows = Outcome.objects.filter(state=OutcomeState.REFUSED).exclude(sealed="").order_by("pk")
    return list(rows.values_list("to__code", "key")[:500])


def return_of(code: str) -> Return:
    """NotFound."""
    found = Return.objects.filter(code=code, ended_at=None).first()
    if found is None:
        raise NotFound(kind=Text("回流任务", "return"), key=code)
    return found


def returns_waiting() -> list[Return]:
    """Standing returns that something waits for, by code."""
    found = Outcome.objects.filter(state=OutcomeState.WAITING).values("to").distinct()
    return list(Return.objects.filter(ended_at=None, pk__in=found).order_by("code"))


def outcomes(code: str = "", *, state: str = "", before: int = 0) -> QuerySet[Outcome]:
    """Newest first, with their returns and receipts; `before` (an id) is the keyset."""
    found = Outcome.objects.select_related("to", "receipt").order_by("-pk")
    if code:
        found = found.filter(to__code=code)
    if state:
        found = found.filter(state=state)
    return found.filter(pk__lt=before) if before else found


def outcome_of(code: str, key: str) -> Outcome | None:
    """How an outcome fares, with its return and receipt; None when none was put down under that key."""
    return outcomes(code).filter(key=key).first()


def waiting(road: Return) -> QuerySet[Outcome]:
    """What is to be handed over by a return, oldest first."""
    return Outcome.objects.filter(to=road, state=OutcomeState.WAITING).order_by("pk")


def past_their_retention(road: Return) -> QuerySet[Outcome]:
    """Returned outcomes whose values have been kept as long as the return says."""
    limit = clock.now() - timedelta(days=road.retention_days)
    return Outcome.objects.filter(to=road, state=OutcomeState.RETURNED, returned_at__lt=limit).exclude(sealed="")


def returns_past_retention() -> list[Return]:
    """Returns, ended ones too, with outcomes whose values have been kept long enough, by code."""
    return [road for road in Return.objects.order_by("code") if past_their_retention(road).exists()]
