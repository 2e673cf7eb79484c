"""What must be true before a city may open: `python -m gusu.site.server.prepare ANSWER --people N`.

Migrations, static files, then the first run's content.  Every step looks first whether it has anything to do.  An
advisory lock lets one of several machines on the same database do it.  The lines to show (address book of demo
people) go to the file ANSWER as JSON.
"""

import argparse
import hashlib
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gusu.site.server import lifeline

LOCK = 0x6775_7375  # "gusu"
FIRST_RUN = "gusu.site.first_run"


def main() -> None:
    lifeline.hold()
    parser = argparse.ArgumentParser()
    parser.add_argument("answer", type=Path)
    parser.add_argument("--people", type=int, default=0)
    asked = parser.parse_args()
    import django  # not before the lifeline holds

    django.setup()
    lines = prepare(asked.people, report)
    draft = asked.answer.with_suffix(".new")
    draft.write_text(json.dumps(lines, ensure_ascii=False))
    draft.replace(asked.answer)


def prepare(people: int, report: Callable[[str], None]) -> list[str]:
    """Bring database, static files and content up to date; answers what to tell whoever started the city."""
    from django.db import connection  # Django is set up by `main`

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            migrate(report)
            collect_static(report)
            return _first_run(people, report)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def pending_migrations() -> int:
    """How many migrations the code knows and the database does not."""
    from django.db import connection  # Django is set up by the caller
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate(report: Callable[[str], None]) -> None:
    """Apply what is pending."""
    from django.core.management import call_command  # Django is set up by the caller

    if count := pending_migrations():
        began = time.monotonic()
        call_command("migrate", interactive=False, verbosity=0)
        report(f"migrations: {count} applied in {time.monotonic() - began:.1f} s")


def collect_static(report: Callable[[str], None]) -> None:
    """Copy, compress and fingerprint static files when any of them has changed since the last time."""
    from django.conf import settings  # Django is set up by the caller
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    found = [(name, storage.path(name)) for finder in get_finders() for name, storage in finder.list([])]
    facts = sorted((name, Path(path).stat().st_size, Path(path).stat().st_mtime_ns) for name, path in found)
    recipe = hashlib.sha256(repr(facts).encode()).hexdigest()
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == recipe:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(recipe)
    report(f"static files: {len(found)} collected")


def report(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)


def _first_run(people: int, report: Callable[[str], None]) -> list[str]:
    if importlib.util.find_spec(FIRST_RUN) is None:
        return []
    lines: list[str] = importlib.import_module(FIRST_RUN).prepare(people, report)
    return lines


if __name__ == "__main__":
    main()
