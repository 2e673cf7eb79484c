"""The pictures of the README, taken anew from a running city: pytest tests/stories/test_pictures.py --slow

They go to docs/images, in 256 colours where ImageMagick is installed; look at them before they are committed.
"""

import shutil
import subprocess

import pytest
from playwright.sync_api import ViewportSize
from tests.browser import DESK, PHONE, ROOT
from tests.stories.running import City

IMAGES = ROOT / "docs" / "images"
LARGEST = 250_000
PICTURES: dict[str, tuple[str, str, ViewportSize]] = {
    "home": ("/", "", DESK),
    "division": ("/registers/divisions/320503?on=1998", "", DESK),
    "batch": ("/official/exchanges/division_changes/1", "data", DESK),
    "audit": ("/official/audit?verify=1", "auditor", DESK),
    "citizen-390": ("/citizen", "citizen", PHONE),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_for_the_readme(city: City, name: str) -> None:
    address, who, size = PICTURES[name]
    file = IMAGES / f"{name}.png"
    IMAGES.mkdir(parents=True, exist_ok=True)

    with city.visit(who, at=address) as page:
        page.set_viewport_size(size)
        page.screenshot(path=file, caret="initial")

    if smaller := shutil.which("convert"):
        subprocess.run([smaller, file, "-strip", "-colors", "256", f"PNG8:{file}"], check=True)
    assert file.stat().st_size <= LARGEST
