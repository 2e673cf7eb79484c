"""Every test run has a city of its own: PostgreSQL, data folder and keys in a temporary place, none of the machine's.

`--slow` also runs what is marked slow.  Skipped tests are listed by name at the end: a skip nobody sees is a hole.
"""

import os
import sys
from collections import defaultdict
from contextlib import ExitStack

import pytest

from gusu.site.server.throwaway import throwaway_environment

_open = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run tests marked slow")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-django sets Django up: the settings read the environment once."""
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: tests bring their own database")
    place = _open.enter_context(throwaway_environment())
    # pytest's own temporary folder is closed again by any other run's start, under the feet of a database run for root.
    config.option.basetemp = config.option.basetemp or str(place.data.parent / "tmp")
    import django

    django.setup()


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
