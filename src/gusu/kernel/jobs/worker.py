"""The worker's main: jobs, and beside them the chores of every second and of every hour.

A worker's heartbeat is a second apart; one silent for five is dead, and its jobs are queued again by whichever worker
sees it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections, transaction
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.exceptions import UniqueViolation
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from gusu.kernel import clock, scratch
from gusu.kernel.audit.sealing import seal_finished_lines
from gusu.kernel.events.outbox import publish
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import passes
from gusu.kernel.lake import files

HEARTBEAT, DEAD_AFTER, CONCURRENCY = 1.0, 5.0, 2
DONE_JOBS_KEPT_HOURS = 7 * 24
VITAL = {"update_heartbeats", "listener"}  # the library's names for its side tasks
log = logging.getLogger(__name__)


def run() -> None:
    """Work until SIGTERM or SIGINT; the job in hand is finished first."""
    scratch.sweep()
    app = django_app.with_connector(django_app.connector.get_worker_connector())  # type: ignore[attr-defined]
    asyncio.run(_run(app))


async def _run(app: App) -> None:
    hand = Hand()
    async with app.open_async():
        work = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=DEAD_AFTER,
                fetch_job_polling_interval=1.0,
                install_signal_handlers=True,
                worker_middleware=[hand.hold],
            )
        )
        chores = [
            asyncio.create_task(end_with_vital_signs(work)),
            asyncio.create_task(_every(1.0, lambda: _in_thread(seal_finished_lines))),
            asyncio.create_task(_every(1.0, lambda: take_over_stalled_jobs(app))),
            asyncio.create_task(_every(1.0, lambda: hand.put_back_lost_jobs(app))),
            asyncio.create_task(_every(3600.0, lambda: _tidy(app))),
        ]
        try:
            await work
        except asyncio.CancelledError:
            log.debug("heartbeat or listener ended, and so has the worker")  # also on being asked to stop
        finally:
            for chore in chores:
                chore.cancel()


async def end_with_vital_signs(work: "asyncio.Task[None]") -> None:
    """End a worker, after the jobs in hand, whose heartbeat or listener a lost connection has ended; another begins.

    The library means to do that itself, but looks away when the first of its side tasks ends, and the one for periodic
    jobs ends at once where there are none.
    """
    while not _shows_vital_signs():
        await asyncio.sleep(0.1)
    while _shows_vital_signs():
        await asyncio.sleep(0.2)
    work.cancel()


def _shows_vital_signs() -> bool:
    return {task.get_name() for task in asyncio.all_tasks()} >= VITAL


class Hand:
    """What this worker is really doing.

    A connection that breaks just when a job is handed over, or its outcome written, leaves a job that the table says we
    are at and that we know nothing of.  Our heart beats, so nobody else would ever take it over.
    """

    def __init__(self) -> None:
        self.worker: int | None = None
        self.jobs: set[int | None] = set()
        self._missed: set[int | None] = set()

    async def hold(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """Around every job: while it runs, it is in hand."""
        self.worker = worker.worker_id
        self.jobs.add(context.job.id)
        try:
            return await call_next()
        finally:
            self.jobs.discard(context.job.id)

    async def put_back_lost_jobs(self, app: App) -> None:
        """Queue again what was missed twice running: once may be an outcome on its way into the table."""
        if self.worker is None:
            return
        listed = await app.job_manager.list_jobs_async(status=Status.DOING.value, worker_id=self.worker)
        missed = {job.id: job for job in listed if job.id not in self.jobs}
        for lost in missed.keys() & self._missed:
            await _queue_again(app, missed[lost], "lost between worker and table")
        self._missed = set(missed)


async def take_over_stalled_jobs(app: App) -> None:
    """Queue again what dead workers were doing."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        await _queue_again(app, stalled, "its worker died")


async def _queue_again(app: App, job: Job, why: str) -> None:
    """Back into the queue; where a twin is waiting there under the same `once`, that one stands for it."""
    log.warning("job %s (%s): %s, queued again", job.id, job.task_name, why)
    try:
        await app.job_manager.retry_job(job, retry_at=clock.now())
    except UniqueViolation:
        await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)


async def _tidy(app: App) -> None:
    """Files no row names, and jobs done long ago; and whoever else has chores is told."""
    await _in_thread(files.sweep)
    await _in_thread(_tell_the_hour)
    await app.job_manager.delete_old_jobs(nb_hours=DONE_JOBS_KEPT_HOURS, include_aborted=True)


def _tell_the_hour() -> None:
    with transaction.atomic():
        publish(HourPassed())


async def _in_thread(work: Callable[[], object]) -> None:
    def connected() -> None:
        close_old_connections()
        work()

    await sync_to_async(connected, thread_sensitive=False)()


async def _every(seconds: float, chore: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await chore()
        except Exception as failure:  # a worker's outer loop: the next time tries again
            if passes(failure):
                log.warning("a chore waits: %s", failure)
            else:
                log.exception("a chore failed")
        await asyncio.sleep(seconds)
