"""The worker's main: jobs, and beside them the two things that must happen every second.

A worker's heartbeat is a second apart; one silent for five is dead, and its jobs are queued again by whichever worker
sees it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate import App
from procrastinate.contrib.django import app as django_app

from gusu.kernel import clock
from gusu.kernel.audit.sealing import seal_finished_lines

HEARTBEAT, DEAD_AFTER, CONCURRENCY = 1.0, 5.0, 2
log = logging.getLogger(__name__)


def run() -> None:
    """Work until SIGTERM or SIGINT; the job in hand is finished first."""
    app = django_app.with_connector(django_app.connector.get_worker_connector())  # type: ignore[attr-defined]
    asyncio.run(_run(app))


async def _run(app: App) -> None:
    async with app.open_async():
        chores = [
            asyncio.create_task(_every(1.0, lambda: sync_to_async(_seal, thread_sensitive=False)())),
            asyncio.create_task(_every(2.0, lambda: take_over_stalled_jobs(app))),
        ]
        try:
            await app.run_worker_async(
                concurrency=CONCURRENCY,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=DEAD_AFTER,
                fetch_job_polling_interval=1.0,
                install_signal_handlers=True,
            )
        finally:
            for chore in chores:
                chore.cancel()


async def take_over_stalled_jobs(app: App) -> None:
    """Queue again what dead workers were doing."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        log.warning("job %s (%s): its worker died, queued again", stalled.id, stalled.task_name)
        await app.job_manager.retry_job(stalled, retry_at=clock.now())


def _seal() -> None:
    close_old_connections()
    seal_finished_lines()


async def _every(seconds: float, chore: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await chore()
        except Exception:  # a worker's outer loop: the next second tries again
            log.exception("a chore failed")
