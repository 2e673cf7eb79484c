"""Standing exchanges and their batches; standing returns and the outcomes that go back by them."""

from django.db import models

from gusu.kernel.text import Text


class Exchange(models.Model):
    """A standing agreement (交换任务): this resource comes from this place by this connector."""

    NOUN = Text("交换任务", "exchange")

    code = models.SlugField(unique=True, max_length=64)
    resource = models.SlugField(max_length=64, help_text="catalogue entry: its items are the contract")
    title_zh = models.TextField()
    title_en = models.TextField()
    connector = models.SlugField(max_length=32)
    settings = models.JSONField()
    pack = models.TextField(help_text="whose folder relative paths in `settings` start from")
    ended_at = models.DateTimeField(null=True)

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

    NOUN = Text("批次", "batch")

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


class Return(models.Model):
    """A standing agreement (回流): outcomes of ours go into this place of a department's, by this connector.

    columns: the department's column → the name of the outcome's value (a data element) that goes there.
    comes_back_by: the exchange that is received when something was handed over; "" where nothing waits for it.
    retention_days: how long the values of an outcome are kept here after it is returned.
    trouble: why what waits could not be handed over the last time it was tried, and since when; empty when it could.
    """

    NOUN = Text("回流任务", "return")

    code = models.SlugField(unique=True, max_length=64)
    title_zh = models.TextField()
    title_en = models.TextField()
    connector = models.SlugField(max_length=32)
    settings = models.JSONField()
    columns = models.JSONField()
    comes_back_by = models.SlugField(max_length=64, default="", blank=True)
    retention_days = models.IntegerField()
    ended_at = models.DateTimeField(null=True)
    trouble_code = models.TextField(default="")
    trouble_zh = models.TextField(default="")
    trouble_en = models.TextField(default="")
    trouble_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)

    @property
    def trouble(self) -> Text:
        """What, where and what to do, while something is in the way."""
        return Text(self.trouble_zh, self.trouble_en)


class Receipt(models.Model):
    """What one delivery by a return came to (回执): so many rows, and what they add up to at both ends.

    digest_sent, digest_kept: "count:sum" (format 1, `kernel/engine/digest.py`) of the rows that were handed over, and
    of those read back there before it committed; equal, or they were not delivered.
    salt: of the digests, closed by the city's key: of one row they are the row's own hash.
    """

    NOUN = Text("回执", "receipt")

    to = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="receipts")
    rows = models.IntegerField()
    digest_sent = models.TextField()
    digest_kept = models.TextField()
    salt = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.to_id}: {self.digest_kept}"


class OutcomeState(models.TextChoices):
    WAITING = "waiting", "waiting"
    RETURNED = "returned", "returned"
    REFUSED = "refused", "refused"


class Outcome(models.Model):
    """What came of a case, on its way into the department's own table.

    key: what it is the outcome of, once by each return (a case's id).  amends: it changes some columns of a row that
    an earlier outcome put there.  sealed: its values, closed by the city's key; ""
    once they are past their retention.
    refused_code, refused_column: what the department's table would not take, and which column or constraint of it.
    """

    NOUN = Text("办理结果", "outcome")

    to = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="outcomes")
    key = models.TextField()
    amends = models.BooleanField(default=False)
    state = models.TextField(choices=OutcomeState.choices, default=OutcomeState.WAITING)
    sealed = models.TextField()
    made_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, null=True, related_name="outcomes")
    refused_code = models.TextField(default="")
    refused_column = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["to", "key"], name="outcome_once")]
        indexes = [
            models.Index(fields=["to", "id"], condition=models.Q(state="waiting"), name="outcome_waiting"),
            models.Index(fields=["to", "state", "id"], name="outcome_state"),
            models.Index(
                fields=["to", "returned_at"],
                condition=models.Q(state="returned") & ~models.Q(sealed=""),
                name="outcome_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"outcome {self.pk} ({self.state})"
