"""Writing into the lake in two moves: a draft under a name nobody knows, then - in the step's commit - the row that
makes it exist.

A process killed between the two leaves a nameless file, which `sweep` removes; never a name without a file.
"""

import hashlib
import os
from datetime import UTC, datetime, timedelta

import fsspec
from django.conf import settings

from gusu.kernel import clock, ids
from gusu.kernel.lake.models import LakeFile


def draft(dataset: str, batch: str, layer: str = "landed") -> str:
    """A fresh path, relative to the lake, for one file of this batch; the folder is there when this returns."""
    path = f"{layer}/{dataset}/{batch}/{ids.new('lf')}.parquet"
    _filesystem().makedirs(address(path).rsplit("/", 1)[0], exist_ok=True)
    return path


def address(path: str) -> str:
    """Where the engine finds `path`."""
    return f"{settings.LAKE}/{path}"


def adopt(path: str, *, rows: int) -> LakeFile:
    """Make a written draft exist.  Called inside the step's commit, after the file is complete and measured."""
    layer, dataset, batch, _ = path.split("/")
    body = _filesystem().cat_file(address(path))
    _made_durable(path)
    return LakeFile.objects.create(
        path=path,
        layer=layer,
        dataset=dataset,
        batch=batch,
        rows=rows,
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        at=clock.now(),
    )


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


def paths(dataset: str, batch: str) -> list[str]:
    """Addresses of a batch's files, in a fixed order."""
    return [
        address(path)
        for path in LakeFile.objects.filter(dataset=dataset, batch=batch)
        .order_by("path")
        .values_list("path", flat=True)
    ]


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
