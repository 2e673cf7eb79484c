"""Tests whose transactions really commit: sealing, jobs, outbox, races.

`transactional_db` empties tables by TRUNCATE, which the audit trail refuses - as it should - and takes its time.
`committed` does it as the tables' owner could, with the trigger off for that moment, and only where something is.
The keys are the test's own, so that what is remembered beside them (the newest seal) does not outlive it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

KEPT = {"django_migrations", "django_content_type", "auth_permission", "procrastinate_version"}


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key folder of the test's own."""
    from gusu.kernel.crypto import keys

    monkeypatch.setenv("GUSU_KEYS", str(tmp_path / "keys"))
    keys._derived.cache_clear()
    yield tmp_path / "keys"
    keys._derived.cache_clear()


@pytest.fixture
def committed(db: None, own_keys: Path) -> Iterator[None]:
    """The database with real commits, empty before and after: another connection takes the place of the test's own."""
    aside, connections["default"] = connections["default"], connections["default"].copy()
    try:
        yield
        empty()
    finally:
        connection.close()
        connections["default"] = aside


def empty() -> None:
    """Every table of the tests' database as the migrations left it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({table for (table,) in cursor.fetchall()} - KEPT)
        for table in [table for table in tables if table.startswith(("register_", "subjects_", "dossiers_"))]:
            tables.remove(table)
            cursor.execute(f'DROP TABLE "{table}"')
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables))
        if filled := [table for (table,) in cursor.fetchall()]:
            cursor.execute("ALTER TABLE kernel_auditline DISABLE TRIGGER append_only")
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
            cursor.execute("ALTER TABLE kernel_auditline ENABLE TRIGGER append_only")


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction that comes to nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run each work in a thread and connection of its own, all begun together; results or errors in order."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = work()
        except Exception as failure:
            results[place] = failure
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
