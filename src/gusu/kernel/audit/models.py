"""The lines and the seals over them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class AuditLine(models.Model):
    """One thing somebody did or was refused. Never updated, never deleted (a trigger says so; the seals prove it).

    `era` and `xid` say which transaction wrote it: within an era transaction numbers only grow, so a sealer can take
    all lines of finished transactions without ever making a writer wait.  A restored backup begins a new era.
    """

    era = models.IntegerField()
    xid = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.TextField()
    organisation = models.TextField()
    verb = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.TextField()
    outcome = models.TextField(choices=[("done", "done"), ("refused", "refused")])
    code = models.TextField()
    purpose = models.TextField()
    detail = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["era", "xid", "id"], name="auditline_sealing"),
            models.Index(fields=["subject_kind", "subject_id", "id"], name="auditline_subject"),
            models.Index(fields=["actor", "id"], name="auditline_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.actor} {self.verb} {self.outcome}"


class AuditSeal(models.Model):
    """A signed Merkle root over the lines of finished transactions, linked to the seal before it. Format version 1.

    own_xid: the number of the transaction that made the seal.
    leaves: the 32-byte leaf digests in the order of `line_ids`; kept so that a broken seal names the line.
    """

    format = models.SmallIntegerField(default=1)
    era = models.IntegerField()
    xid_from = models.BigIntegerField()
    xid_to = models.BigIntegerField()
    own_xid = models.BigIntegerField()
    at = models.DateTimeField()
    line_ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()
    root = models.BinaryField()
    previous = models.BinaryField()
    digest = models.BinaryField(unique=True)
    key_version = models.IntegerField()
    signature = models.BinaryField()

    def __str__(self) -> str:
        return f"seal {self.pk} over {len(self.line_ids)} lines"
