"""Declared registers and their editions. The rows themselves stand in a typed table per register (`store.py`)."""

from django.db import models

from gusu.kernel.text import Text


class Register(models.Model):
    """A base register as a pack declares it (`spec`), and the name of its table."""

    NOUN = Text("登记库", "register")

    code = models.SlugField(unique=True, max_length=48)
    title_zh = models.TextField()
    title_en = models.TextField()
    spec = models.JSONField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)


class Edition(models.Model):
    """One publication (版次): which batches went in, what changed, what the register then added up to.

    inputs: "resource/batch number" of every source, sorted, and the declaration; not the same twice running.
    digest: "count:sum" over the rows in force in this edition (format 1, `kernel/engine/digest.py`).
    """

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="editions")
    number = models.IntegerField()
    inputs = models.JSONField()
    added = models.BigIntegerField()
    closed = models.BigIntegerField()
    unchanged = models.BigIntegerField()
    digest = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["register", "number"], name="edition_number"),
        ]

    def __str__(self) -> str:
        return f"{self.register.code} edition {self.number}"
