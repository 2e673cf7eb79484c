"""The JSON door of batches and what the rules found in them."""

from datetime import datetime

from django.db.models import QuerySet
from ninja import Router, Schema

from gusu.identity.access import Request, endpoint, permission
from gusu.resources.exchange import queries as exchange
from gusu.resources.quality import queries

router = Router(tags=["batches"])
READERS, QUALITY = permission("exchange.read"), permission("quality.read")
PAGE = 50


class BatchOut(Schema):
    id: int
    name: str
    state: str
    rows: int | None
    digest_source: str
    digest_landed: str
    opened_at: datetime
    landed_at: datetime | None
    checked_at: datetime | None
    merged_at: datetime | None
    refused_code: str

    @staticmethod
    def resolve_name(batch: exchange.Batch) -> str:
        return str(batch)


class RuleOut(Schema):
    """samples are positions in the source, never values."""

    rule: str
    dimension: str
    severity: str
    element: str
    title_zh: str
    title_en: str
    failed: int
    samples: list[int]


class QuarantinedOut(Schema):
    id: int
    position: int
    rule: str
    element: str


@router.get("", response=list[BatchOut], url_name="api_batches", summary="Batches, newest first")
@endpoint(may=READERS)
def batches(request: Request, exchange_code: str = "", before: int = 0) -> QuerySet[exchange.Batch]:
    return exchange.batches(exchange=exchange_code, before=before)[:PAGE]


@router.get(
    "/{exchange_code}/{number}/rules",
    response=list[RuleOut],
    url_name="api_batch_rules",
    summary="What each rule found",
)
@endpoint(may=QUALITY)
def rules(request: Request, exchange_code: str, number: int) -> list[queries.RuleResult]:
    check = queries.check_of(exchange.batch_numbered(exchange_code, number))
    return list(check.results.order_by("rule")) if check else []


@router.get(
    "/{exchange_code}/{number}/quarantine",
    response=list[QuarantinedOut],
    url_name="api_batch_quarantine",
    summary="Rows kept out",
)
@endpoint(may=QUALITY)
def quarantine(request: Request, exchange_code: str, number: int, after: int = 0) -> QuerySet[queries.Quarantined]:
    return queries.quarantine(exchange.batch_numbered(exchange_code, number), after=after)[:PAGE]
