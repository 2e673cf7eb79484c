"""Tests of officials' pages have the small office and the site around it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser import browser
from tests.committing import committed, own_keys

__all__ = ["browser", "committed", "own_keys"]


@pytest.fixture
def office_open(db: None, tmp_path: Path) -> Iterator[None]:
    from tests.city import as_the_site
    from tests.spaces.officials.desks import open_desks

    with as_the_site(tmp_path):
        open_desks()
        yield


@pytest.fixture
def served(browser: Browser, committed: None, tmp_path: Path) -> Iterator[str]:
    """The office behind a real web server, for a browser: its address.

    The browser comes first: its loop gives Django's connections of this thread another place.
    """
    from django.db import connection, transaction
    from pytest_django.live_server_helper import LiveServer
    from tests.city import as_the_site
    from tests.spaces.officials.desks import open_desks

    with as_the_site(tmp_path), connection.cursor() as cursor:
        with transaction.atomic():
            open_desks()
        before = _sessions(cursor)
        server = LiveServer("127.0.0.1")
        try:
            yield server.url
        finally:
            server.stop()
            for left_open in _sessions(cursor) - before:  # by the server's threads
                cursor.execute("SELECT pg_terminate_backend(%s)", [left_open])


def _sessions(cursor: Any) -> set[int]:
    cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return {pid for (pid,) in cursor.fetchall()}
