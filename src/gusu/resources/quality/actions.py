"""Checking a batch: every rule of every row, in one engine run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj

from django.db import connection, transaction

from gusu.kernel import clock, scratch
from gusu.kernel.action import step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import Rows, literal
from gusu.kernel.lake import files
from gusu.kernel.vocabulary.queries import codes_in_force
from gusu.resources.exchange.actions import mark_checked
from gusu.resources.exchange.queries import Batch, BatchState, files_of, standing
from gusu.resources.quality import checking
from gusu.resources.quality.events import BatchChecked
from gusu.resources.quality.kinds import AnyKind, MostKeptOut, kind_of
from gusu.resources.quality.models import Check, Quarantined, Rule, RuleResult
from gusu.resources.quality.queries import rules_of

SAMPLES = 5
MOST_KEPT_OUT = 0.2  # of a batch's rows, where no rule says otherwise
CHUNK = 1 << 20
NO_RULE = "('', '', '')"
KEPT_OUT = "SELECT DISTINCT position FROM failures JOIN rules USING (rule) WHERE severity = 'quarantine'"
COUNTS = f"""
SELECT rule, count(*), min(position, {SAMPLES}) FROM failures GROUP BY rule
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules found in a batch. counts: [rule, failures, first positions] per rule that some row fails."""

    rows: int
    counts: Rows
    kept_out: int
    failures: int


@step
def check_batch(batch: Batch, *, by: Actor) -> Callable[[Batch], BatchChecked] | None:
    """Ask every rule of the batch's resource of every row; keep out what fails; keep counts and positions, no values.

    Two lake files beside the batch: the positions kept out (dataset `<resource>.quarantined`) and every failure with
    its rule, notices too (`<resource>.findings`).  A batch of which more is kept out than is declared is checked all
    the same, with an alarm.  A rule that looks into a resource that has not arrived yet is left out.
    """
    if batch.state != BatchState.LANDED:
        return None
    resource, number = batch.exchange.resource, batch.folder
    rules = _asked(rules_of(resource))
    quarantine = files.draft(f"{resource}.quarantined", number)
    findings = files.draft(f"{resource}.findings", number)
    exported = scratch.for_the_step("quarantine") / "quarantined.csv"
    found = _found(batch, rules, quarantine, findings, str(exported))
    written = [(files.written(quarantine), found.kept_out), (files.written(findings), found.failures)]

    def commit(fresh: Batch) -> BatchChecked:
        for file, rows in written:
            files.adopt(file, rows=rows)
        alarm = found.kept_out > most_kept_out(rules) * found.rows
        check = Check.objects.create(
            batch=fresh,
            rows=found.rows,
            passed=found.rows - found.kept_out,
            quarantined=found.kept_out,
            alarm=alarm,
            at=clock.now(),
        )
        RuleResult.objects.bulk_create(_results(check, rules, found.counts))
        _copy_quarantine(check, exported)
        mark_checked(fresh, by=by)
        note(batch=str(fresh), rows=found.rows, quarantined=found.kept_out, alarm=alarm)
        return BatchChecked(batch=fresh.pk, resource=resource)

    return commit


def give_up_findings(batch: Batch) -> None:
    """A batch is past its retention: the positions of what was found in it tell nothing any more."""
    with transaction.atomic():
        for kind in ("quarantined", "findings"):
            files.retire(files.paths(f"{batch.exchange.resource}.{kind}", batch.folder))


def most_kept_out(rules: list[tuple[Rule, AnyKind]]) -> float:
    """The share of a batch above which there is an alarm."""
    return min((kind.share for _, kind in rules if isinstance(kind, MostKeptOut)), default=MOST_KEPT_OUT)


def _asked(rules: list[Rule]) -> list[tuple[Rule, AnyKind]]:
    """The rules with their kinds, without those that look into a resource that has not arrived yet."""
    kinds = [(rule, kind_of(rule.check_spec)) for rule in rules]
    arrived = {one: bool(standing(one)) for one in {one for _, kind in kinds for one in kind.resources()}}
    return [(rule, kind) for rule, kind in kinds if all(arrived[one] for one in kind.resources())]


def _found(batch: Batch, rules: list[tuple[Rule, AnyKind]], quarantined: str, findings: str, exported: str) -> Found:
    declared = ", ".join(
        f"({literal(rule.code)}, {literal(rule.element)}, {literal(rule.severity)})" for rule, _ in rules
    )
    kinds = {rule.code: kind for rule, kind in rules}
    answers = duck.run(
        [
            *checking.statements(kinds, duck.files(files_of(batch)), _relation, codes_in_force),
            f"CREATE TABLE rules AS SELECT * FROM (VALUES {declared or NO_RULE}) AS v(rule, element, severity)",
            f"COPY (SELECT position AS _position FROM ({KEPT_OUT}) ORDER BY 1) "
            f"TO {duck.literal(files.address(quarantined))} ({duck.parquet(quarantined)})",
            f"COPY (SELECT position AS _position, rule FROM failures ORDER BY position, rule) "
            f"TO {duck.literal(files.address(findings))} ({duck.parquet(findings)})",
            f"COPY (SELECT position, rule, element FROM failures JOIN rules USING (rule) WHERE severity = 'quarantine' "
            f"ORDER BY position, rule) TO {literal(exported)} (FORMAT csv, HEADER false)",
            f"SELECT (SELECT count(*) FROM looked), (SELECT count(*) FROM ({KEPT_OUT})), count(*) FROM failures",
            COUNTS,
        ]
    )
    [[rows, kept_out, failures]] = answers[-2]
    return Found(rows, answers[-1], kept_out, failures)


def _relation(resource: str) -> str:
    """What a resource now holds, as far as the rules let it through or not: its standing batches together."""
    return duck.files([path for batch in standing(resource) for path in files_of(batch)])


def _results(check: Check, rules: list[tuple[Rule, AnyKind]], counts: Rows) -> Iterator[RuleResult]:
    found = {rule: (failed, samples) for rule, failed, samples in counts}
    for rule, _ in rules:
        failed, samples = found.get(rule.code, (0, []))
        words = {name: getattr(rule, name) for name in ("dimension", "severity", "element", "title_zh", "title_en")}
        yield RuleResult(check_of=check, rule=rule.code, failed=failed, samples=samples, **words)


def _copy_quarantine(check: Check, exported: Path) -> None:
    with connection.cursor() as cursor, exported.open("rb") as file:
        table = Quarantined._meta.db_table
        cursor.execute("CREATE TEMP TABLE arriving (position bigint, rule text, element text)")
        with cursor.copy("COPY arriving FROM STDIN (FORMAT csv)") as copy:
            copyfileobj(file, copy, CHUNK)
        cursor.execute(
            f"INSERT INTO {table} (check_of_id, position, rule, element) "
            "SELECT %s, position, rule, element FROM arriving "
            "ORDER BY position, rule",
            [check.pk],
        )
        cursor.execute("DROP TABLE arriving")
