"""Writing into the lake in two moves: a draft under a name nobody knows, then - in the step's commit - the row that
makes it exist.

A process killed between the two leaves a nameless file, which `sweep` removes; never a name without a file.
"""

import hashlib
from datetime import timedelta
from typing import Any

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


def paths(dataset: str, batch: str) -> list[str]:
    """Addresses of a batch's files, in a fixed order."""
    return [
        address(path)
        for path in LakeFile.objects.filter(dataset=dataset, batch=batch)
        .order_by("path")
        .values_list("path", flat=True)
    ]


def sweep(*, older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove files no row names and that no running step can still be writing; answers how many."""
    filesystem, removed = _filesystem(), 0
    known = {address(path) for path in LakeFile.objects.values_list("path", flat=True)}
    limit = (clock.now() - older_than).timestamp()
    found: dict[str, Any] = filesystem.find(settings.LAKE, detail=True)
    for path, about in found.items():
        born = about.get("mtime") or about.get("created") or 0
        if path not in known and filesystem.unstrip_protocol(path) not in known and born < limit:
            filesystem.rm_file(path)
            removed += 1
    return removed


def _filesystem() -> fsspec.AbstractFileSystem:
    return fsspec.core.url_to_fs(settings.LAKE)[0]
