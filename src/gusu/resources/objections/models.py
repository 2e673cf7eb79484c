"""What is kept of an objection."""

from django.db import models
from django.db.models import Q

from gusu.kernel import ids
from gusu.kernel.text import Text


def new_objection_id() -> str:
    return ids.new("obj")


class State(models.TextChoices):
    FILED = "filed"
    SENT = "sent"
    CORRECTED_AT_SOURCE = "corrected_at_source"
    UPHELD = "upheld"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Outcome(models.TextChoices):
    """How it ended."""

    CORRECTED = "corrected"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


OPEN = [State.FILED, State.SENT, State.CORRECTED_AT_SOURCE]
"""Not settled yet: a person has one such objection at most to an element."""


class Objection(models.Model):
    """One element of one subject's golden record that the subject calls wrong (个人信息保护法第四十六条).

    source: whose value it is; resource, provider: the catalogue entry and the organisation that answers for it.
    batch, position: the record that said it.  seen_edition: the register's edition up to which it was looked whether
    the value has changed.  objected, right, reason, answer: sealed by `secrets`; "" once they are dropped.
    due_on: the last day for the answer.  corrected_by: the batch that brought another value; as_said: that one is what
    the person said.
    """

    NOUN = Text("异议", "objection")

    id = models.TextField(primary_key=True, default=new_objection_id)
    register = models.SlugField(max_length=48)
    subject = models.TextField()
    element = models.TextField()
    source = models.SlugField(max_length=32)
    resource = models.SlugField(max_length=64)
    provider = models.TextField(help_text="organisation code")
    batch = models.ForeignKey("resources.Batch", models.PROTECT, related_name="+")
    position = models.BigIntegerField()
    seen_edition = models.IntegerField()
    objected = models.TextField()
    right = models.TextField()
    reason = models.TextField()
    state = models.TextField(choices=State.choices, default=State.FILED)
    filed_at = models.DateTimeField()
    due_on = models.DateField()
    answer = models.TextField(default="")
    answered_by = models.TextField(default="")
    answered_at = models.DateTimeField(null=True)
    outcome = models.TextField(choices=Outcome.choices, default="")
    closed_at = models.DateTimeField(null=True)
    corrected_by = models.ForeignKey("resources.Batch", models.PROTECT, null=True, related_name="+")
    as_said = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "register", "element"],
                condition=Q(state__in=["filed", "sent", "corrected_at_source"]),
                name="objection_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "-id"], name="objection_subject"),
            models.Index(fields=["provider", "state", "id"], name="objection_provider"),
            models.Index(
                fields=["register"],
                condition=Q(state__in=["filed", "sent", "corrected_at_source"]),
                name="objection_waiting",
            ),
            models.Index(fields=["answered_at"], condition=Q(state="upheld"), name="objection_upheld"),
            models.Index(fields=["closed_at"], condition=~Q(objected=""), name="objection_kept"),
        ]

    def __str__(self) -> str:
        return self.pk
