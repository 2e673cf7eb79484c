"""Writing into the lake in three moves: a draft under a name nobody knows, its measure, then - in the step's commit -
the row that makes it exist.

A process killed between the two leaves a nameless file, which `sweep` removes; never a name without a file.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import fsspec
from django.conf import settings

from gusu.kernel import clock, ids
from gusu.kernel.crypto import keys
from gusu.kernel.errors import Busy
from gusu.kernel.lake.models import LakeFile

CHUNK = 1 << 20


def draft(dataset: str, batch: str, layer: str = "landed") -> str:
    """A fresh path, relative to the lake, for one file of this batch; the folder is there when this returns."""
    path = f"{layer}/{dataset}/{batch}/{ids.new('lf')}{_ending()}"
    _filesystem().makedirs(address(path).rsplit("/", 1)[0], exist_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a batch that is cut in parts is drafted: a folder, and the pattern of its files' names.

    The engine writes `COPY … TO folder (…, PARTITION_BY (part), FILENAME_PATTERN stem, APPEND, RETURN_FILES)` and
    answers the files it wrote.  name: of the files, with `{uuid}` in it; stem: the same without the ending.
    """

    folder: str
    name: str

    @property
    def stem(self) -> str:
        return self.name.removesuffix(".parquet")


def draft_cut(dataset: str, batch: str, layer: str) -> Cut:
    """A fresh draft for a batch cut in parts."""
    folder = f"{layer}/{dataset}/{batch}"
    _filesystem().makedirs(address(folder), exist_ok=True)
    return Cut(address(folder), ids.new("lf") + "_{uuid}" + _ending())


def written_cut(found: Sequence[str]) -> list["Written"]:
    """Measure the files of a cut draft, as the engine named them."""
    root = address("")
    return [written(path.removeprefix(root)) for path in sorted(found)]


def _ending() -> str:
    """Names the key that closes the file (`kernel/engine/duck.py`)."""
    return f".k{keys.active()}.parquet"


def address(path: str) -> str:
    """Where the engine finds `path`."""
    return f"{settings.LAKE}/{path}"


@dataclass(frozen=True, slots=True)
class Written:
    """A draft that is complete, on the disk for good, and measured."""

    path: str
    size: int
    sha256: str


def written(path: str) -> Written:
    """Measure a draft once the engine has written it: before the commit, because it reads the whole file."""
    found = _measured(path)
    _made_durable(path)
    return found


def damaged() -> list[str]:
    """Files that are gone or no longer the bytes that were adopted. Reads the whole lake."""
    found = []
    for file in LakeFile.objects.order_by("path").iterator():
        try:
            if _measured(file.path) != Written(file.path, file.size, file.sha256):
                found.append(file.path)
        except FileNotFoundError:
            found.append(file.path)
    return found


def _measured(path: str) -> Written:
    hashed, size = hashlib.sha256(), 0
    with _filesystem().open(address(path), "rb") as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
            size += len(chunk)
    return Written(path, size, hashed.hexdigest())


def adopt(file: Written, *, rows: int) -> LakeFile:
    """Make a written draft exist: one row, inside the step's commit. rows: of the file, or of all its batch's parts."""
    layer, dataset, batch, name = file.path.split("/", 3)
    part = int(name.split("/")[0].removeprefix("part=")) if "/" in name else 0
    return LakeFile.objects.create(
        path=file.path,
        layer=layer,
        dataset=dataset,
        batch=batch,
        part=part,
        rows=rows,
        size=file.size,
        sha256=file.sha256,
        at=clock.now(),
    )


def retire(addresses: Sequence[str]) -> None:
    """Inside a commit: these files exist no more; their bytes go with the next `sweep`.  Busy: one did not any more."""
    root = address("")
    gone, _ = LakeFile.objects.filter(path__in=[one.removeprefix(root) for one in addresses]).delete()
    if gone != len(addresses):
        raise Busy(what="lake")


def _made_durable(path: str) -> None:
    """The row will survive a power cut, so the file must: its bytes and its name. Object stores promise that."""
    if "://" in settings.LAKE:
        return
    for place in (address(path), os.path.dirname(address(path))):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def paths(dataset: str, batch: str, layer: str = "landed") -> list[str]:
    """Addresses of a batch's files, in a fixed order."""
    return [path for _, path in parts(dataset, batch, layer)]


def parts(dataset: str, batch: str, layer: str) -> list[tuple[int, str]]:
    """(part, address) of a batch's files, in a fixed order."""
    found = LakeFile.objects.filter(dataset=dataset, batch=batch, layer=layer).order_by("path")
    return [(part, address(path)) for part, path in found.values_list("part", "path")]


def sweep(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Remove files no row names and that no running step can still be writing; answers how many.

    Paths are compared inside the lake, so however GUSU_LAKE is written; the files are listed before the rows, so that
    one adopted meanwhile is known.
    """
    filesystem, root = fsspec.core.url_to_fs(settings.LAKE)
    limit, removed = clock.now() - older_than, 0
    found = [path for path in filesystem.find(root) if path.endswith(".parquet")]
    known = set(LakeFile.objects.values_list("path", flat=True))
    for path in found:
        inside = path.removeprefix(root).lstrip("/")
        if inside not in known and _aware(filesystem.modified(path)) < limit:
            filesystem.rm_file(path)
            removed += 1
    return removed


def _aware(moment: datetime) -> datetime:
    """File systems tell UTC, some without saying so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _filesystem() -> fsspec.AbstractFileSystem:
    return fsspec.core.url_to_fs(settings.LAKE)[0]
