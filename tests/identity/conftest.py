"""Every test of the wing may have the small city of `city.py`, and the wing's own addresses."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings

if TYPE_CHECKING:
    from tests.identity.city import Make


@pytest.fixture
def city(db: None) -> None:
    from tests.identity.city import found_city  # models: not before Django is set up

    found_city()


@pytest.fixture
def person(city: None) -> "Make":
    from tests.identity.city import make_person

    return make_person


@pytest.fixture(autouse=True)
def _site(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.ROOT_URLCONF = "tests.identity.routes"
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.GUSU_CHROME = ""
