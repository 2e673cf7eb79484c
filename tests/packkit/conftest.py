"""Every packkit test has a grove of its own, and only the packs it writes."""

from pathlib import Path

import pytest
from tests.packkit.grove import Grove

from gusu.kernel import packs


@pytest.fixture
def grove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grove:
    monkeypatch.setattr(packs, "PACKAGED", tmp_path / "nothing")
    monkeypatch.delenv("GUSU_PACKS", raising=False)
    return Grove(tmp_path.resolve())
