"""No job is lost: what a dead worker, a broken connection or a twin in the queue leaves behind is queued again."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest
from django.db import IntegrityError, OperationalError
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from gusu.kernel.engine.errors import EngineDied
from gusu.kernel.errors import Busy
from gusu.kernel.events.outbox import DELIVER
from gusu.kernel.jobs.queue import LONGEST_WAIT, Patience, later, passes
from gusu.kernel.jobs.worker import VITAL, Hand, end_with_vital_signs, take_over_stalled_jobs

pytestmark = pytest.mark.usefixtures("committed")


def with_app(work: Callable[[App], Awaitable[None]]) -> None:
    async def opened() -> None:
        app = django_app.with_connector(django_app.connector.get_worker_connector())
        async with app.open_async():
            await work(app)

    asyncio.run(opened())


def states() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("pk").values_list("status", flat=True))


async def fetched(app: App) -> tuple[int, Job]:
    worker = await app.job_manager.register_worker()
    job = await app.job_manager.fetch_job(None, worker)
    assert job is not None
    return worker, job


async def fetch(app: App) -> None:
    await fetched(app)


async def workers(app: App) -> list[int]:
    jobs = await app.job_manager.list_jobs_async(status="doing")
    return [job.worker_id for job in jobs if job.worker_id]


def test_a_job_the_table_says_we_have_and_we_have_not_is_queued_again() -> None:
    later(DELIVER, event=0)

    async def lose_it(app: App) -> None:
        hand = Hand()
        hand.worker, _ = await fetched(app)
        await hand.put_back_lost_jobs(app)
        await hand.put_back_lost_jobs(app)

    with_app(lose_it)

    assert states() == ["todo"]


def test_a_job_in_hand_or_missed_only_once_stays() -> None:
    later(DELIVER, event=0)

    async def hold_it(app: App) -> None:
        hand = Hand()
        hand.worker, job = await fetched(app)
        await hand.put_back_lost_jobs(app)
        hand.jobs.add(job.id)
        await hand.put_back_lost_jobs(app)
        hand.jobs.discard(job.id)
        await hand.put_back_lost_jobs(app)

    with_app(hold_it)

    assert states() == ["doing"]


def test_a_dead_workers_job_is_queued_again() -> None:
    later(DELIVER, event=0)

    async def die(app: App) -> None:
        worker, _ = await fetched(app)
        await app.job_manager.unregister_worker(worker)
        await take_over_stalled_jobs(app)

    with_app(die)

    assert states() == ["todo"]


def test_where_a_twin_waits_it_stands_for_the_job_of_a_dead_worker() -> None:
    later(DELIVER, once="one", event=0)
    with_app(fetch)
    later(DELIVER, once="one", event=0)
    later(DELIVER, event=1)
    with_app(fetch)

    async def all_die(app: App) -> None:
        for worker in await workers(app):
            await app.job_manager.unregister_worker(worker)
        await take_over_stalled_jobs(app)

    with_app(all_die)

    assert states() == ["aborted", "todo", "todo"]


def test_a_job_runs_only_once_at_a_time_under_its_word() -> None:
    later(DELIVER, once="one", event=0)
    with_app(fetch)
    later(DELIVER, once="one", event=0)

    async def ask_for_another(app: App) -> None:
        assert await app.job_manager.fetch_job(None, await app.job_manager.register_worker()) is None

    with_app(ask_for_another)

    assert states() == ["doing", "todo"]


async def _asleep() -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize("lost", sorted(VITAL))
def test_a_worker_without_heartbeat_or_listener_ends(lost: str) -> None:
    async def lose_it() -> None:
        work = asyncio.create_task(_asleep())
        signs = {name: asyncio.create_task(_asleep(), name=name) for name in VITAL}
        watch = asyncio.create_task(end_with_vital_signs(work))
        await asyncio.sleep(0.05)
        assert not work.done()
        signs[lost].cancel()
        await asyncio.wait_for(watch, 5)
        await asyncio.wait([work], timeout=5)
        assert work.cancelled()

    asyncio.run(lose_it())


def test_the_library_calls_heartbeat_and_listener_what_we_take_them_to_be_called() -> None:
    async def look(app: App) -> None:
        work = asyncio.create_task(app.run_worker_async(install_signal_handlers=False))
        await asyncio.sleep(0.3)
        names = {task.get_name() for task in asyncio.all_tasks()}
        work.cancel()
        await asyncio.wait([work])
        assert names >= VITAL

    with_app(look)


def _caused(cause: BaseException) -> ConnectorException:
    failure = ConnectorException()
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError(),
        psycopg.OperationalError(),
        _caused(psycopg.OperationalError()),
        OSError(),
        EngineDied(how="-9"),
        asyncio.CancelledError(),  # the worker ended with the job in hand: else it stays aborted for good
        RuntimeError("cannot schedule new futures after interpreter shutdown"),
    ],
)
def test_what_passes_by_itself_is_tried_again(failure: BaseException) -> None:
    assert passes(failure)


@pytest.mark.parametrize("failure", [IntegrityError(), _caused(psycopg.DataError()), KeyError(), RuntimeError("ours")])
def test_what_would_only_repeat_itself_fails_at_once(failure: BaseException) -> None:
    assert not passes(failure)


def test_patience_grows_but_not_beyond_a_minute_and_busy_is_asked_every_second() -> None:
    def wait(failure: Exception, attempts: int) -> float:
        job = Job(id=1, lock=None, queueing_lock=None, task_name="t", queue="q", attempts=attempts)
        decision = Patience().get_retry_decision(exception=failure, job=job)
        assert decision is not None
        assert decision.retry_at is not None
        from procrastinate.utils import utcnow

        return round((decision.retry_at - utcnow()).total_seconds())

    assert [wait(OperationalError(), attempts) for attempts in (0, 3, 900)] == [1, 8, LONGEST_WAIT]
    assert wait(Busy(what="x"), 5000) == 1
