"""What can be asked of quality."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db.models import QuerySet

from gusu.kernel import scratch
from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import literal, name
from gusu.kernel.lake import files
from gusu.kernel.text import Text
from gusu.resources.catalogue.queries import entry_of
from gusu.resources.exchange.queries import Batch, files_of
from gusu.resources.quality.derived import with_derived
from gusu.resources.quality.errors import FindingsGone
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
    "returned",
    "rules_of",
]

CHUNK = 1 << 16
PERSONAL = 3  # the grade from which a value is somebody's own business
FORMULA, AS_TEXT = r"^[=+\-@\t\r]", r"'\0"
HEADING = ("位置 position", "记录编号 record", "信息项 item", "规则 rule", "应为 expected", "级别 severity")
SEVERITIES = {"quarantine": Text("问题数据", "quarantine"), "notice": Text("提示", "notice")}
NO_RULE = "('', '', '', '')"


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


def rules_of(resource: str) -> list[Rule]:
    """Every rule a batch of the resource is held to, by code: declared in packs, or derived from the entry."""
    return with_derived(entry_of(resource), Rule.objects.filter(resource=resource, ended_at=None))


def returned(batch: Batch) -> Iterator[bytes]:
    """The list that goes back to the department, as a CSV for spreadsheets: position, record key, item, rule, what is
    expected and how severe it is; every failure, by position, and no value of a person.

    The key of the record stands there only where it is graded below 3.  Written by the engine from the lake, so that
    its length costs nothing here; FindingsGone where the batch has been removed.
    """
    check = check_of(batch)
    found = files.paths(f"{batch.exchange.resource}.findings", batch.folder)
    if check is None or not found:
        raise FindingsGone(batch=batch)
    return _written(_return(batch, check, found))


def _written(statements: list[str]) -> Iterator[bytes]:
    with scratch.folder("returned") as folder:
        place = Path(folder) / "returned.csv"
        duck.run([*statements, f"COPY returned TO {literal(str(place))} (FORMAT csv, HEADER)"])
        yield "\ufeff".encode()
        with place.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _return(batch: Batch, check: Check, found: list[str]) -> list[str]:
    """Makes the view `returned`."""
    entry = entry_of(batch.exchange.resource)
    told = [item["name"] for item in entry.items if item["name"] == entry.key and item["grade"] < PERSONAL]
    key = _as_text(f"landed.{name(told[0])}") if told else "NULL"
    joined = f"LEFT JOIN {duck.files(files_of(batch))} AS landed USING (_position)" if told else ""
    rules = ", ".join(
        f"({', '.join(literal(cell) for cell in _words(result))})" for result in check.results.order_by("rule")
    )
    cells = ("_position", key, *map(_as_text, ("item", "rule", "expected")), "severity")
    columns = ", ".join(f"{cell} AS {name(heading)}" for heading, cell in zip(HEADING, cells, strict=True))
    return [
        f"CREATE TABLE rules AS SELECT * FROM (VALUES {rules or NO_RULE}) AS v(rule, item, expected, severity)",
        f"CREATE VIEW returned AS SELECT {columns} FROM {duck.files(found)} AS findings JOIN rules USING (rule) "
        f"{joined} ORDER BY _position, rule",
    ]


def _words(result: RuleResult) -> tuple[str, str, str, str]:
    return result.rule, result.element, f"{result.title_zh} · {result.title_en}", SEVERITIES[result.severity].both


def _as_text(cell: str) -> str:
    """A spreadsheet would run what looks like a formula (CSV injection); an apostrophe makes it text."""
    return f"regexp_replace({cell}, {literal(FORMULA)}, {literal(AS_TEXT)})"


def kept_out_files(batch: Batch) -> list[str]:
    """Addresses of the files that hold the positions kept out of a batch, for the engine."""
    return files.paths(f"{batch.exchange.resource}.quarantined", batch.folder)
