"""A job whose worker dies is taken over by another, whose work is then the only one in effect."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict
from tests.resources.road import BY, HEADING, declare

from gusu.kernel.audit.models import AuditLine
from gusu.kernel.lake.models import LakeFile
from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.models import Batch

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("committed")]
WORKER = [sys.executable, "-m", "gusu.site.worker"]


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for worker in started:
        worker.kill()
        worker.wait()


def start() -> subprocess.Popen[bytes]:
    """A real worker on the tests' database."""
    before = os.environ["DATABASE_URL"]
    ours = before.replace(f"/{conninfo_to_dict(before)['dbname']}?", f"/{connection.settings_dict['NAME']}?")
    return subprocess.Popen(WORKER, env={**os.environ, "DATABASE_URL": ours})


def doing() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'gusu.exchange.receive'"
        )
        [(count,)] = cursor.fetchall()
    return int(count)


def wait_for(what: object, seconds: float) -> float:
    begun = time.monotonic()
    while not what():  # type: ignore[operator]
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)
    return time.monotonic() - begun


def test_a_killed_workers_job_is_taken_over_within_seconds(
    workers: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_bytes(HEADING + b"\n1,a,b\n")
    batch = open_batch(declare(), by=BY, source=str(tmp_path / "x.csv"))
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=batch.pk)  # the first worker gets as far as its commit, and waits
        workers.append(start())
        wait_for(
            lambda: doing() == 1 and list((Path(os.environ["GUSU_DATA"]) / "lake").rglob("people/**/*.parquet")), 60
        )
        workers.append(start())
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()
    seconds = wait_for(lambda: Batch.objects.get(pk=batch.pk).state not in ("opened", "landed"), 40)

    assert seconds < 20, "a silent worker is dead after five seconds; the rest is the second one's start"
    assert LakeFile.objects.filter(dataset="people").count() == 1
    assert AuditLine.objects.filter(verb="exchange.receive_batch", outcome="done").count() == 1
