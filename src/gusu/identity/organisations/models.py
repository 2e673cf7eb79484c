"""What is kept of an organisation."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat

from gusu.kernel.text import Text


class Kind(models.TextChoices):
    GOVERNMENT = "government"
    DEPARTMENT = "department"
    DISTRICT = "district"
    INSTITUTION = "institution"
    OTHER = "other"


class Organisation(models.Model):
    """A node of the tree. path: the codes from the top down, `city/police`, so that a subtree is a range of one index.

    words: what the search looks at.  ended_on: the first day it no longer exists.
    """

    code = models.SlugField(max_length=64, unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    kind = models.TextField(choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    uscc = models.TextField(default="")
    path = models.TextField(unique=True)
    since = models.DateField()
    ended_on = models.DateField(null=True)
    words = models.GeneratedField(
        expression=Concat(
            "name_zh", Value(" "), "name_en", Value(" "), "code", Value(" "), "uscc", output_field=models.TextField()
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="organisation_not_its_own_parent")]
        indexes = [GinIndex(Func(F("words"), Value(False), function="gusu_tokens"), name="organisation_words")]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return Text(self.name_zh, self.name_en)
