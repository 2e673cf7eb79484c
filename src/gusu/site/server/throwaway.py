"""A city that lives as long as a block, for tests and benchmarks: real PostgreSQL in folders of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gusu.site.server.place import Place
from gusu.site.server.postgres import FAST_AND_LOOSE, lease


@contextmanager
def throwaway_environment(settings: dict[str, str] | None = None) -> Iterator[Place]:
    """GUSU_DATA, GUSU_KEYS, DATABASE_URL lead to a temporary folder and a database in it.  Call before Django's set-up.

    settings: PostgreSQL's; by default those that trade safety for speed.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gusu-", ignore_cleanup_errors=True)))
        place = Place(folder / "data")
        url = stack.enter_context(lease(place, settings=FAST_AND_LOOSE if settings is None else settings))
        before = dict(os.environ)
        os.environ |= {
            "GUSU_DATA": str(place.data),
            "GUSU_KEYS": str(folder / "keys"),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "gusu.site.settings",
        }
        os.environ.pop("GUSU_LAKE", None)
        try:
            yield place
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def throwaway_city(settings: dict[str, str] | None = None) -> Iterator[Place]:
    """The same, with Django set up and every migration applied."""
    with throwaway_environment(settings) as place:
        import django  # only now do the settings find the right environment

        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        yield place
        from django.db import connections

        connections.close_all()
