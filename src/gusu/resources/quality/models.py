"""Rules, and what came of them batch by batch."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from gusu.kernel.text import Text


class Rule(models.Model):
    """One declared rule. `check_spec` is the declaration itself; it is compiled anew each time (`checking.py`)."""

    code = models.TextField(unique=True)
    resource = models.SlugField(max_length=64)
    dimension = models.TextField()
    severity = models.TextField(choices=[("quarantine", "quarantine"), ("notice", "notice")])
    element = models.TextField(help_text="the item a person must look at")
    title_zh = models.TextField()
    title_en = models.TextField()
    check_spec = models.JSONField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)


class Check(models.Model):
    """One batch looked at. passed + quarantined = rows. alarm: more was quarantined than is declared tolerable."""

    batch = models.OneToOneField("resources.Batch", on_delete=models.PROTECT, related_name="checked")
    rows = models.BigIntegerField()
    passed = models.BigIntegerField()
    quarantined = models.BigIntegerField()
    alarm = models.BooleanField(default=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"check of {self.batch}"


class RuleResult(models.Model):
    """What one rule found in one batch; the rule's words as they were then. samples: positions in the source, never
    values.
    """

    check_of = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="results")
    rule = models.TextField()
    dimension = models.TextField()
    severity = models.TextField()
    element = models.TextField()
    title_zh = models.TextField()
    title_en = models.TextField()
    failed = models.BigIntegerField()
    samples = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_of", "rule"], name="rule_result_once")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.failed}"

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)


class Quarantined(models.Model):
    """One row of one batch kept out by one rule: where it is in the source, and which item."""

    check_of = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="quarantine")
    position = models.BigIntegerField()
    rule = models.TextField()
    element = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["check_of", "position", "id"], name="quarantined_position")]

    def __str__(self) -> str:
        return f"{self.position} {self.rule}"
