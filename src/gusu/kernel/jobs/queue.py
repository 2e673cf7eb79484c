"""Jobs: a function named, queued in the caller's transaction, run by any worker, taken over when its worker dies.

A job's arguments are ids and codes, never a personal value: they stand in a table and in logs.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from gusu.kernel.engine.errors import EngineDied
from gusu.kernel.errors import Busy

TRANSIENT = RetryStrategy(max_attempts=20, wait=1, retry_exceptions=[DatabaseError, EngineDied, Busy, OSError])


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

        app.task(name=name, retry=TRANSIENT)(run)
        return work

    return decorate


def later(name: str, *, once: str = "", **arguments: int | str) -> None:
    """Queue the job `name` in this transaction.  With `once`, a job already waiting under that word stands for this
    one too.
    """
    deferrer = app.configure_task(name, queueing_lock=once or None)
    try:
        with transaction.atomic():
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        if not once:
            raise
