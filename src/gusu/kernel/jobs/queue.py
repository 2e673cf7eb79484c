"""Jobs: a function named, queued in the caller's transaction, run by any worker, taken over when its worker dies.

A job's arguments are ids and codes, never a personal value: they stand in a table and in logs.
"""

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job

from gusu.kernel.engine.errors import EngineDied
from gusu.kernel.errors import Busy

log = logging.getLogger(__name__)

LOST = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
LONGEST_WAIT, MOST_ATTEMPTS = 60, 1500  # about a day


class Patience(BaseRetryStrategy):
    """What passes by itself is waited for, longer each time; what would only repeat itself fails at once and shows.

    A step someone else is at (Busy) is asked for again every second for as long as that one needs.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        busy = isinstance(exception, Busy)
        if not busy and (not passes(exception) or job.attempts >= MOST_ATTEMPTS):
            return None
        wait = 1 if busy else min(1 << min(job.attempts, 16), LONGEST_WAIT)
        log.info("job %s (%s) is tried again in %s s: %s", job.id, job.task_name, wait, str(exception).strip())
        return RetryDecision(retry_in={"seconds": wait})


def passes(failure: BaseException) -> bool:
    """Whether trying again later may help: database gone, engine killed, disk or network away, the worker ending.

    The database's absence has many names: Django's, the driver's own inside a COPY, the job library's around either.
    """
    if isinstance(failure, ConnectorException):
        return isinstance(failure.__cause__, LOST)
    return isinstance(failure, (*LOST, EngineDied, OSError, asyncio.CancelledError)) or _is_going_down(failure)


def _is_going_down(failure: BaseException) -> bool:
    """Whether the worker itself ends: a thread that is still at a job finds that no other may begin."""
    return isinstance(failure, RuntimeError) and "cannot schedule new futures" in str(failure)


def job(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function under a stable name.  What passes by itself (database gone, engine killed) is tried again."""

    def decorate(work: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(work)
        def run(**arguments: Any) -> None:
            close_old_connections()
            try:
                work(**arguments)
            finally:
                close_old_connections()

        app.task(name=name, retry=Patience())(run)
        return work

    return decorate


def later(name: str, *, once: str = "", wait: int = 0, **arguments: int | str) -> None:
    """Queue the job `name` in this transaction, for when `wait` seconds have passed.

    once: a job already waiting under that word stands for this one too, and one that runs under it is waited for.
    """
    due = {"seconds": wait} if wait else None
    deferrer = app.configure_task(name, queueing_lock=once or None, lock=once or None, schedule_in=due)
    try:
        with transaction.atomic():
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        if not once:
            raise
