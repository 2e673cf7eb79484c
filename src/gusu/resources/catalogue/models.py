"""A described data resource (政务信息资源目录编制指南, 发改高技〔2017〕1272号)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from gusu.kernel.text import Text

SHARING = [("unconditional", "1"), ("conditional", "2"), ("none", "3")]


class Entry(models.Model):
    """One catalogue entry with its thirteen core elements.

    resource: the short name by which packs, exchanges and rules refer to it; stable.
    code: classification "/" sequence, generated once, never changed, never reused (element 3).
    items: [{name, title {zh, en}, element, type, length, required, grade}] (element 8); the exchange's contract.
    key: the item that tells its records apart.  changed: the item that says when a record last did.  Both may be empty.
    retention_days: how long landed batches are kept; 0 is for ever.
    cycle_raw is what the department wrote, cycle what was understood (element 13).
    """

    NOUN = Text("目录条目", "catalogue entry")

    resource = models.SlugField(unique=True, max_length=64)
    code = models.TextField(unique=True)
    classification = models.TextField()
    title_zh = models.TextField()
    title_en = models.TextField()
    provider = models.TextField(help_text="organisation code")
    abstract_zh = models.TextField()
    abstract_en = models.TextField()
    format = models.TextField()
    items = models.JSONField()
    key = models.TextField(default="")
    changed = models.TextField(default="")
    retention_days = models.IntegerField(default=0)
    sharing = models.TextField(choices=SHARING)
    sharing_condition = models.TextField()
    sharing_way = models.TextField()
    is_open = models.BooleanField()
    open_condition = models.TextField()
    cycle = models.TextField()
    cycle_raw = models.TextField()
    published_on = models.DateField()
    source = models.TextField(help_text="where the data come from and under which licence")
    related = models.JSONField(default=list)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.code} {self.title_zh}"

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)

    @property
    def abstract(self) -> Text:
        return Text(self.abstract_zh, self.abstract_en)


class Grant(models.Model):
    """Who may have which elements of a register, for what purpose, until when: a fact, made by a procedure elsewhere.

    elements: their codes; basis: the law or the decision it rests on.
    """

    code = models.SlugField(unique=True, max_length=64)
    organisation = models.TextField(help_text="organisation code")
    register = models.SlugField(max_length=64)
    purpose = models.SlugField(max_length=64)
    elements = ArrayField(models.TextField())
    basis = models.TextField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "register", "purpose"], name="grant_asked_for")]

    def __str__(self) -> str:
        return self.code


class CodeSequence(models.Model):
    """The last sequence given out under a classification; only grows, so a code is never reused."""

    classification = models.TextField(primary_key=True)
    last = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.classification}/{self.last}"
