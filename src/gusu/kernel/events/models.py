"""The outbox."""

from django.db import models


class OutboxEvent(models.Model):
    """An event told in the transaction that made it true; delivered at least once, in the worker."""

    name = models.TextField()
    body = models.JSONField()
    at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
