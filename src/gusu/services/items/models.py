"""Items and their versions. What an item says is in its version; beside it stands only what lists are made from."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value

from gusu.kernel.text import Text


class Item(models.Model):
    """A service item (GB/T 39046-2020 table 4) as it is found in lists: taken from its newest version.

    item: the short name by which packs and addresses refer to it; stable.  code: 实施编码, 31 characters.
    audiences, events: codes of `service.audience` and `service.life_event`.  words: what the search looks at.
    """

    NOUN = Text("事项", "service item")

    item = models.SlugField(unique=True, max_length=64)
    code = models.TextField(unique=True)
    organisation = models.TextField(help_text="organisation code")
    kind = models.TextField()
    title_zh = models.TextField()
    title_en = models.TextField()
    summary_zh = models.TextField()
    summary_en = models.TextField()
    audiences = ArrayField(models.TextField())
    events = ArrayField(models.TextField())
    words = models.TextField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [GinIndex(Func(F("words"), Value(False), function="gusu_tokens"), name="item_words")]

    def __str__(self) -> str:
        return f"{self.code} {self.title_zh}"

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)

    @property
    def summary(self) -> Text:
        return Text(self.summary_zh, self.summary_en)


class ItemVersion(models.Model):
    """What an item said from a moment until a moment; a case pins the one it began with.

    declaration: the piece of the pack as JSON text.  Only `until_at` ever changes, once: the database refuses the rest.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    declaration = models.TextField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="item_version_number"),
            models.UniqueConstraint(fields=["item"], condition=Q(until_at=None), name="item_one_version_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} version {self.number}"
