"""Standing exchanges and their batches."""

from django.db import models

from gusu.kernel.text import Text


class Exchange(models.Model):
    """A standing agreement (交换任务): this resource comes from this place by this connector."""

    code = models.SlugField(unique=True, max_length=64)
    resource = models.SlugField(max_length=64, help_text="catalogue entry: its items are the contract")
    title_zh = models.TextField()
    title_en = models.TextField()
    connector = models.SlugField(max_length=32)
    settings = models.JSONField()
    pack = models.TextField(help_text="whose folder relative paths in `settings` start from")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "exchange"

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)


class BatchState(models.TextChoices):
    OPENED = "opened", "opened"
    LANDED = "landed", "landed"
    CHECKED = "checked", "checked"
    MERGED = "merged", "merged"
    UNCHANGED = "unchanged", "unchanged"
    REFUSED = "refused", "refused"


class Batch(models.Model):
    """Records received together (批次): numbered, counted, digested; the unit of everything that follows.

    source: where this batch was read from; empty until a connector has found its own way.  source_sha256: of the
    bytes read, empty where a source has none.
    complete: it is everything the source holds, not only what changed; while the batch is opened: everything is asked
    for.  cursor: the connector's own word for where the next batch goes on.
    told_rows: how many the source says there are, where it says so.
    accepts_volume: opened by somebody who knows that it holds far more, or far fewer, rows than usual.
    salt: hex, this batch's own; digests of enumerable values betray nothing without it.
    digest_source, digest_landed: "count:sum", the sum of salted row hashes mod 2^256 in hex; equal, or the batch is
    refused.
    let_go_at: past its retention and superseded, its files were given up.
    """

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="batches")
    number = models.IntegerField()
    state = models.TextField(choices=BatchState.choices, default=BatchState.OPENED)
    source = models.TextField()
    source_sha256 = models.TextField(default="")
    complete = models.BooleanField(default=False)
    cursor = models.TextField(default="")
    told_rows = models.BigIntegerField(null=True)
    accepts_volume = models.BooleanField(default=False)
    salt = models.TextField()
    rows = models.BigIntegerField(null=True)
    digest_source = models.TextField(default="")
    digest_landed = models.TextField(default="")
    opened_by = models.TextField()
    opened_at = models.DateTimeField()
    landed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    merged_at = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)
    refused_code = models.TextField(default="")
    refused_zh = models.TextField(default="")
    refused_en = models.TextField(default="")

    class Meta:
        verbose_name = "batch"
        constraints = [models.UniqueConstraint(fields=["exchange", "number"], name="batch_number")]
        indexes = [models.Index(fields=["state", "id"], name="batch_state")]

    def __str__(self) -> str:
        return f"{self.exchange.code}/{self.folder}"

    @property
    def folder(self) -> str:
        """What the lake calls it, inside a dataset."""
        return f"{self.number:06d}"

    @property
    def refused(self) -> Text:
        """What, where and what to do, of a refused batch."""
        return Text(self.refused_zh, self.refused_en)


class Chunk(models.Model):
    """A cut of a batch by position: counted and digested at both ends, so that a difference has a place.

    number: from 0, `CHUNK_ROWS` positions each.  digests: as a batch's, whose own are their sums.
    taken_out: "count:sum" of what has left the landed file since, by erasure, closed by the city's key; "" for nothing.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="chunks")
    number = models.IntegerField()
    rows = models.BigIntegerField()
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    digest_source = models.TextField()
    digest_landed = models.TextField()
    taken_out = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="chunk_number")]

    def __str__(self) -> str:
        return f"{self.batch}#{self.number}"
