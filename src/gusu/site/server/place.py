"""Where a city keeps its things on disk, so that every command looks in the same places.

data/postgres   the embedded database        data/lake     batches as Parquet (or where GUSU_LAKE says)
data/static     collected static files       data/run      locks, logs, the address: nothing worth keeping
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Place:
    """One data folder."""

    data: Path

    @classmethod
    def chosen(cls, data: str | None = None) -> "Place":
        """`--data`, else GUSU_DATA, else `data` beside the launcher (or, installed as a package, where we stand)."""
        beside = CHECKOUT / "data" if (CHECKOUT / "pyproject.toml").exists() else Path("data")
        return cls(Path(data or os.environ.get("GUSU_DATA") or beside).expanduser().resolve())

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def lake(self) -> str:
        return os.environ.get("GUSU_LAKE") or str(self.data / "lake")

    @property
    def address_file(self) -> Path:
        return self.run / "address"

    @property
    def unfinished_restore(self) -> Path:
        return self.data / "restore.unfinished"

    def made(self) -> "Place":
        """The folder, there and closed to everyone else: it will hold personal data."""
        for folder in (self.data, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    def address(self) -> str:
        """The web address of the city that runs here, or ''."""
        return self.address_file.read_text().strip() if self.address_file.exists() else ""

    def free_bytes(self) -> int:
        """Space left on the disk that holds, or will hold, the folder."""
        standing = next(folder for folder in (self.data, *self.data.parents) if folder.exists())
        return shutil.disk_usage(standing).free
