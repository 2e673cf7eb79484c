"""Stories are told in one running city, begun when the first of them asks and ended after the last.

Without a browser they are skipped, named and counted (tests/browser.py).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser
from tests.browser import browser
from tests.committing import committed, own_keys

if TYPE_CHECKING:
    from tests.stories.running import City

__all__ = ["browser", "committed", "own_keys"]


@pytest.fixture(scope="session")
def city(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator["City"]:
    from tests.stories.running import running_city

    with running_city(tmp_path_factory.mktemp("city"), browser) as running:
        yield running
