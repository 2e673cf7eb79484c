"""The demo city's departments for a test: their systems built, the health department's service answering."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen


@contextmanager
def departments(people: int, seed: int = 7) -> Iterator[None]:
    """Built anew in the test's own data folder and database; the service ends with the block."""
    from gusu.demo.departments import health
    from gusu.demo.departments.build import build, departments_folder

    build(people, seed)
    folder = departments_folder() / "health"
    service = subprocess.Popen([sys.executable, "-m", "gusu.demo.departments.health", "--folder", str(folder)])
    try:
        _answers(health.address(folder))
        yield
    finally:
        service.terminate()
        service.wait()


def _answers(url: str) -> None:
    """Return when the service listens: it refuses who has no token."""
    for _ in range(100):
        try:
            urlopen(f"{url}/api/records?page=1&size=1", timeout=1)
        except HTTPError as refused:
            refused.close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)
