"""One row per declared thing in force."""

from django.db import models


class PackPiece(models.Model):
    """A piece as its pack declared it when it was last applied; what `plan` compares the city with.

    adopted_at: since when the city's own officials keep it, and packs leave it alone.
    """

    section = models.TextField()
    key = models.TextField()
    pack = models.TextField()
    applied = models.JSONField()
    applied_at = models.DateTimeField()
    adopted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="packpiece_one_owner")]
        indexes = [models.Index(fields=["pack"], name="packpiece_pack")]

    def __str__(self) -> str:
        return f"{self.pack}: {self.section}/{self.key}"
