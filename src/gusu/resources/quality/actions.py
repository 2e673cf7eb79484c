"""Checking a batch: one set-based statement a rule, all in one engine run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from django.db import connection

from gusu.kernel import clock, scratch
from gusu.kernel.action import step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import Rows, literal
from gusu.kernel.lake import files
from gusu.resources.exchange.actions import mark_checked
from gusu.resources.exchange.queries import Batch, BatchState, files_of, newest_checked
from gusu.resources.quality.events import BatchChecked
from gusu.resources.quality.kinds import AnyKind
from gusu.resources.quality.models import Check, Quarantined, Rule, RuleResult

SAMPLES = 5
NO_RULE = "('', '', '')"
KEPT_OUT = "SELECT DISTINCT position FROM failures JOIN rules USING (rule) WHERE severity = 'quarantine'"
COUNTS = f"""
SELECT rule, count(*), list(position ORDER BY position)[:{SAMPLES}] FROM failures GROUP BY rule
"""


@step
def check_batch(batch: Batch, *, by: Actor) -> Callable[[Batch], BatchChecked] | None:
    """Ask every rule of the batch's resource of every row; keep out what fails; keep counts and positions, no values.

    The rows kept out are a lake file of positions beside the batch (dataset `<resource>.quarantined`).
    """
    if batch.state != BatchState.LANDED:
        return None
    resource = batch.exchange.resource
    rules = list(Rule.objects.filter(resource=resource, ended_at=None).order_by("code"))
    path = files.draft(f"{resource}.quarantined", f"{batch.number:06d}")
    exported = scratch.for_the_step("quarantine") / "quarantined.csv"
    rows, counts, kept_out = _found(batch, rules, path, str(exported))
    file = files.written(path)

    def commit(fresh: Batch) -> BatchChecked:
        files.adopt(file, rows=kept_out)
        check = Check.objects.create(
            batch=fresh, rows=rows, passed=rows - kept_out, quarantined=kept_out, at=clock.now()
        )
        RuleResult.objects.bulk_create(_results(check, rules, counts))
        _copy_quarantine(check, exported)
        mark_checked(fresh, by=by)
        note(batch=str(fresh), rows=rows, quarantined=kept_out)
        return BatchChecked(batch=fresh.pk, resource=resource)

    return commit


def _found(batch: Batch, rules: list[Rule], path: str, exported: str) -> tuple[int, Rows, int]:
    """(rows, [rule, failures, sample positions] per failing rule, rows kept out); writes the two files."""
    declared = ", ".join(f"({literal(rule.code)}, {literal(rule.element)}, {literal(rule.severity)})" for rule in rules)
    answers = duck.run(
        [
            f"CREATE VIEW batch AS SELECT * FROM {duck.files(files_of(batch))}",
            "CREATE TABLE failures (rule VARCHAR, position BIGINT)",
            f"CREATE TABLE rules AS SELECT * FROM (VALUES {declared or NO_RULE}) AS v(rule, element, severity)",
            *(
                f"INSERT INTO failures SELECT {literal(rule.code)}, _position FROM ({failing})"
                for rule, failing in _compiled(rules)
            ),
            f"COPY (SELECT position AS _position FROM ({KEPT_OUT}) ORDER BY 1) "
            f"TO {literal(files.address(path))} (FORMAT parquet)",
            f"COPY (SELECT position, rule, element FROM failures JOIN rules USING (rule) WHERE severity = 'quarantine' "
            f"ORDER BY position, rule) TO {literal(exported)} (FORMAT csv, HEADER false)",
            "SELECT count(*) FROM batch",
            COUNTS,
            f"SELECT count(*) FROM ({KEPT_OUT})",
        ]
    )
    return answers[-3][0][0], answers[-2], answers[-1][0][0]


def _compiled(rules: list[Rule]) -> Iterator[tuple[Rule, str]]:
    """Each rule with its SELECT; one that looks into a resource that has not arrived yet is left out."""
    for rule in rules:
        kind = msgspec.convert(rule.check_spec, AnyKind)
        others = {resource: newest_checked(resource) for resource in kind.resources()}
        if all(others.values()):
            relations = {resource: duck.files(files_of(found)) for resource, found in others.items() if found}
            yield rule, kind.failing(relations.__getitem__)


def _results(check: Check, rules: list[Rule], counts: Rows) -> Iterator[RuleResult]:
    found = {rule: (failed, samples) for rule, failed, samples in counts}
    for rule in rules:
        failed, samples = found.get(rule.code, (0, []))
        words = {name: getattr(rule, name) for name in ("dimension", "severity", "element", "title_zh", "title_en")}
        yield RuleResult(check_of=check, rule=rule.code, failed=failed, samples=samples, **words)


def _copy_quarantine(check: Check, exported: Path) -> None:
    with connection.cursor() as cursor:
        table = Quarantined._meta.db_table
        cursor.execute("CREATE TEMP TABLE arriving (position bigint, rule text, element text)")
        with cursor.copy("COPY arriving FROM STDIN (FORMAT csv)") as copy:
            copy.write(exported.read_bytes())
        cursor.execute(
            f"INSERT INTO {table} (check_of_id, position, rule, element) "
            "SELECT %s, position, rule, element FROM arriving "
            "ORDER BY position, rule",
            [check.pk],
        )
        cursor.execute("DROP TABLE arriving")
