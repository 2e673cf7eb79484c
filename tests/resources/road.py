"""A small city with one exchange, and the way a file travels through it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from gusu.kernel.actor import house
from gusu.kernel.packs import Label
from gusu.resources.catalogue.pack import Entries, EntryPiece, Item
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.quality.actions import check_batch
from gusu.resources.quality.kinds import AnyKind
from gusu.resources.quality.pack import RulePiece, Rules

BY = house("tests")
COLUMNS = ["code", "name", "note"]
HEADING = ",".join(COLUMNS).encode()


def declare(
    columns: Sequence[str] = COLUMNS, resource: str = "people", *, key: str = "", changed: str = ""
) -> Exchange:
    """A resource of these text items and a standing exchange that only takes files delivered by hand."""
    label = Label("人员名单", "People")
    entry = EntryPiece(
        resource=resource,
        classification="103001",
        title=label,
        provider="police",
        abstract=Label("测试用的人员名单，不含真实个人信息。", "Invented people for tests, none of them real."),
        format="sheet/csv",
        items=[Item(column, Label(column, column), f"person.{column}", "C", 60) for column in columns],
        sharing="none",
        sharing_condition="仅测试使用。",
        cycle="daily",
        published_on=date(2026, 1, 31),
        source="invented",
        key=key,
        changed=changed,
    )
    Entries().apply([entry], by=BY)
    return Exchange.objects.create(
        code=resource, resource=resource, title_zh="接收", title_en="Receive", connector="csv", settings={}, pack="none"
    )


def rule(
    code: str, check: AnyKind, *, severity: str = "quarantine", element: str = "code", resource: str = "people"
) -> None:
    title = Label(f"规则{code}", f"Rule {code}")
    Rules().apply([RulePiece(code, resource, "accurate", severity, element, title, check)], by=BY)  # type: ignore[arg-type]


def receive(exchange: Exchange, place: Path) -> Batch:
    """Open a batch on a file and receive it; the batch as it then stands."""
    batch = open_batch(exchange, by=BY, source=str(place))
    receive_batch(batch, by=BY)
    batch.refresh_from_db()
    return batch


def check(batch: Batch) -> Batch:
    check_batch(batch, by=BY)
    batch.refresh_from_db()
    return batch
