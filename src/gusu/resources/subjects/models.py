"""Declared base registers, what has been linked, their editions, and who must be forgotten.

The golden records stand in one typed table per register (`store.py`); losers and history are in the lake.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from gusu.kernel.text import Text


class BaseRegister(models.Model):
    """A base register (基础库) as a pack declares it. spec: `spec.kept_as`."""

    NOUN = Text("基础库", "base register")

    code = models.SlugField(unique=True, max_length=48)
    title_zh = models.TextField()
    title_en = models.TextField()
    spec = models.TextField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)


class LinkedBatch(models.Model):
    """One batch whose records have found their subjects, by one source of one register.

    rows: let through by the rules; linked: of those, with a number that says whose they are.  parts: how many parts
    the linked records are cut in.  program: of `linking.py`, with the declaration; another makes it stale.  erasure:
    the last one it left somebody out for, 0 for none.
    """

    register = models.ForeignKey(BaseRegister, on_delete=models.PROTECT, related_name="linked")
    batch = models.ForeignKey("resources.Batch", on_delete=models.PROTECT, related_name="+")
    source = models.SlugField(max_length=32)
    rows = models.BigIntegerField()
    linked = models.BigIntegerField()
    parts = models.IntegerField()
    program = models.TextField()
    erasure = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["register", "batch", "source", "program"], name="linked_batch_once")
        ]

    def __str__(self) -> str:
        return f"{self.register}: {self.source} {self.batch_id}"


class DossierKey(models.Model):
    """A data key that closed the dossiers of one publication, itself closed by the city's master key."""

    register = models.ForeignKey(BaseRegister, on_delete=models.PROTECT, related_name="keys")
    wrapped = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"dossier key {self.pk}"


class BaseEdition(models.Model):
    """One publication (版次) of a base register.

    inputs: "exchange/batch" of every batch in it, sorted, and the program.  spec: the declaration it was made by, which
    its dossiers are read by.  rebuilt: made from the lake, else merged into the one before.  digest: "count:sum" over
    the golden records (format 1, `kernel/engine/digest.py`).  doubts: code → how many subjects in the whole register.
    sources: codes of those that have arrived.
    """

    register = models.ForeignKey(BaseRegister, on_delete=models.PROTECT, related_name="editions")
    number = models.IntegerField()
    inputs = ArrayField(models.TextField())
    spec = models.TextField()
    rebuilt = models.BooleanField()
    subjects = models.BigIntegerField()
    added = models.BigIntegerField()
    changed = models.BigIntegerField()
    removed = models.BigIntegerField()
    digest = models.TextField()
    doubts = models.JSONField(default=dict)
    sources = ArrayField(models.TextField())
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "number"], name="base_edition_number")]

    def __str__(self) -> str:
        return f"{self.register.code} edition {self.number}"


class Ground(models.TextChoices):
    """Why somebody must be forgotten (个人信息保护法第四十七条第一款)."""

    PURPOSE_ACHIEVED = "purpose_achieved", "处理目的已实现、无法实现或者为实现处理目的不再必要"
    RETENTION_OVER = "retention_over", "停止提供产品或者服务，或者保存期限已届满"
    CONSENT_WITHDRAWN = "consent_withdrawn", "个人撤回同意"
    UNLAWFUL = "unlawful", "违反法律、行政法规或者违反约定处理个人信息"
    LAW = "law", "法律、行政法规规定的其他情形"


class Erasure(models.Model):
    """A subject that must be forgotten: hidden at once, gone from every file by `due_at` (个人信息保护法第四十七条).

    It stands for good, so that no later batch brings the subject back.
    """

    register = models.ForeignKey(BaseRegister, on_delete=models.PROTECT, related_name="erasures")
    subject = models.UUIDField()
    ground = models.TextField(choices=Ground.choices)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "subject"], name="erasure_once")]

    def __str__(self) -> str:
        return f"erasure {self.pk} of {self.register.code}"


class Cleansed(models.Model):
    """A batch whose files hold nothing of those whom the erasures up to this one concern."""

    batch = models.OneToOneField("resources.Batch", on_delete=models.CASCADE, related_name="+")
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.batch_id} up to erasure {self.erasure_id}"
