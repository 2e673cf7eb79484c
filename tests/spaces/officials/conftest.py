"""Tests of officials' pages have the small office and the site around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def office_open(db: None, tmp_path: Path) -> Iterator[None]:
    from tests.city import as_the_site
    from tests.spaces.officials.desks import open_desks

    with as_the_site(tmp_path):
        open_desks()
        yield
