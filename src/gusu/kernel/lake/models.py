"""Which files the lake has."""

from django.db import models


class LakeFile(models.Model):
    """One Parquet file. It exists because this row does: readers ask here and never list a folder.

    path: relative to the lake.  dataset and batch say what it holds; layer is "landed", "links" or "linked".
    part: which part of a dataset that is cut in parts by its key; 0 where it is not cut.
    """

    path = models.TextField(unique=True)
    layer = models.TextField(choices=[("landed", "landed"), ("links", "links"), ("linked", "linked")])
    dataset = models.TextField()
    batch = models.TextField()
    part = models.SmallIntegerField(default=0)
    rows = models.BigIntegerField()
    size = models.BigIntegerField()
    sha256 = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["dataset", "batch"], name="lakefile_dataset")]

    def __str__(self) -> str:
        return self.path
