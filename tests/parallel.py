"""Runs beside each other, as `pytest -n auto` makes them: how many, what stays together, what begins.

Every worker is a whole run of its own, with its own PostgreSQL, data folder, keys and browser: none knows of another.
"""

import os
import random

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

MOST = 4  # each has a database server and a browser, and some have a city
STORIES = "tests/stories/"
OWN_CITY = tuple(
    f"{STORIES}test_{name}.py" for name in ("people", "objections", "own_cases", "service_thread", "leaks")
)
"""Stories that start a city of their own, the longest first. The others share one, and so a worker.

What kills processes runs alone, afterwards (`./gusu test`).
"""


class Together(LoadScopeScheduling):
    """A file goes to one worker, and so do all stories of the city that is shared."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return STORIES if file.startswith(STORIES) and file not in OWN_CITY else file

    def _reschedule(self, node: WorkerController) -> None:
        """One file at hand and one to come: who is at a long story keeps no others from being told."""
        if not self.workqueue or self._pending_of(self.assigned_work[node]) <= 1:
            super()._reschedule(node)


def workers() -> int:
    return min(os.cpu_count() or 1, MOST)


def is_one_of_several(config: pytest.Config) -> bool:
    """This process is a worker."""
    return hasattr(config, "workerinput")


def is_for_others(config: pytest.Config) -> bool:
    """This process hands the tests out and runs none itself."""
    return bool(config.option.tx) and not config.option.collectonly and not is_one_of_several(config)


def prepare(config: pytest.Config) -> None:
    """Before the workers start: they inherit the environment."""
    config.option.loadscopereorder = False  # the order is that of `stories_last`
    os.environ.setdefault("GUSU_KILL_SEED", str(random.SystemRandom().randrange(1 << 32)))


def kill_seed() -> str:
    return os.environ["GUSU_KILL_SEED"]


def stories_last(items: list[pytest.Item]) -> None:
    """Where a browser was opened, a loop runs in the thread that tests of asynchronous things would start theirs in.

    The longest stories first: nobody is to wait at the end for one that has only begun.
    """
    order = (*OWN_CITY[:2], STORIES, *OWN_CITY[2:])

    def place(item: pytest.Item) -> int:
        file = item.nodeid.split("::", 1)[0]
        if not file.startswith(STORIES):
            return -1
        return order.index(file if file in order else STORIES)

    items.sort(key=place)
