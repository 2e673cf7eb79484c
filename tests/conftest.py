"""Every test run has a city of its own: PostgreSQL, data folder and keys in a temporary place, none of the machine's.

`-n auto` (`./gusu test` asks for it) makes several such runs beside each other: tests/parallel.py.
`--slow` also runs what is marked slow.  Skipped tests are listed by name at the end: a skip nobody sees is a hole.
"""

import os
import sys
from collections import defaultdict
from contextlib import ExitStack

import pytest
from tests import parallel
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from gusu.site.server.throwaway import throwaway_environment

_open = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run tests marked slow")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-django sets Django up: the settings read the environment once."""
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: tests bring their own database")
    if parallel.is_for_others(config):
        parallel.prepare(config)
        return
    place = _open.enter_context(throwaway_environment())
    # pytest's own temporary folder is closed again by any other run's start, under the feet of a database run for root.
    if parallel.is_one_of_several(config) or not config.option.basetemp:
        config.option.basetemp = str(place.data.parent / "tmp")
    import django

    django.setup()


def pytest_report_header(config: pytest.Config) -> str | None:
    """What the stories of killed cities say at their start is not heard from a worker."""
    return f"GUSU_KILL_SEED={parallel.kill_seed()}" if parallel.is_for_others(config) else None


def pytest_xdist_auto_num_workers() -> int:
    return parallel.workers()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return parallel.Together(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    if browsers := sys.modules.get("tests.browser"):
        browsers.close_browser()
    _open.close()


@pytest.fixture(autouse=True)
def chinese_first() -> None:
    """Each test begins in the site's own language, whatever the one before it spoke."""
    from django.utils import translation

    translation.activate("zh-hans")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: runs with --slow"))
    if parallel.is_one_of_several(config):
        parallel.stories_last(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name and count what was skipped, by reason."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")].append(report.nodeid)
    for reason, names in reasons.items():
        terminalreporter.section(f"{len(names)} skipped: {reason}", sep="-")
        for name in sorted(names):
            terminalreporter.write_line(f"  {name}")
