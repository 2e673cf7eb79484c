"""Whether the city is ready, and its figures for Prometheus."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from gusu.identity.access import Request, anyone, page

WORKER_SILENT_AFTER = 10
LIVE_WORKERS = f"procrastinate_workers WHERE last_heartbeat > now() - interval '{WORKER_SILENT_AFTER} s'"
FIGURES = {
    "gusu_jobs": ("Jobs by state", "state", "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"),
    "gusu_batches": ("Batches by state", "state", "SELECT state, count(*) FROM resources_batch GROUP BY 1"),
    "gusu_outbox_waiting": (
        "Events not yet delivered",
        "",
        "SELECT '', count(*) FROM kernel_outboxevent WHERE delivered_at IS NULL",
    ),
    "gusu_audit_seals": ("Seals over the audit trail", "", "SELECT '', count(*) FROM kernel_auditseal"),
    "gusu_lake_bytes": (
        "Bytes of the lake's files",
        "layer",
        "SELECT layer, sum(size) FROM kernel_lakefile GROUP BY 1",
    ),
    "gusu_workers": ("Workers with a heartbeat", "", f"SELECT '', count(*) FROM {LIVE_WORKERS}"),
}
_migrated: set[bool] = set()


@page(may=anyone)
@require_safe
def healthz(request: Request) -> HttpResponse:
    """200 only when database, migrations and worker are ready; else 503 and what is not."""
    found = {"database": _ask("SELECT 1"), "migrations": False, "worker": False}
    if found["database"]:
        found["migrations"] = _is_migrated()
        found["worker"] = found["migrations"] and _ask(f"SELECT 1 FROM {LIVE_WORKERS} LIMIT 1")
    return JsonResponse(found, status=200 if all(found.values()) else 503)


@page(may=anyone)
@require_safe
def metrics(request: Request) -> HttpResponse:
    """Counts only; nothing here is about a person. Behind a proxy, keep it inside: it is answered on loopback alone."""
    if request.META.get("REMOTE_ADDR") not in {"127.0.0.1", "::1", ""} and not request.actor.can("operations.metrics"):
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    with connection.cursor() as cursor:
        for name, (help_, label, sql) in FIGURES.items():
            gauge = Gauge(name, help_, [label] if label else [], registry=registry)
            cursor.execute(sql)
            for value, count in cursor.fetchall():
                (gauge.labels(value) if label else gauge).set(count)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _ask(sql: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() is not None
    except DatabaseError:
        return False


def _is_migrated() -> bool:
    """Asked of the disk until it is so once; a running process does not lose its migrations."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _migrated.add(True)
    return bool(_migrated)
