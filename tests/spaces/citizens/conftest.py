"""Tests of a person's pages have the small office and the site around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.committing import committed, own_keys

__all__ = ["committed", "own_keys"]


@pytest.fixture
def office_open(db: None, tmp_path: Path) -> Iterator[None]:
    from tests.city import as_the_site
    from tests.services.cases.office import found_office

    with as_the_site(tmp_path):
        found_office()
        yield
