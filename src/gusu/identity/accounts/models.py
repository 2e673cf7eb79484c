"""What is kept of an account and of an appointment."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value

from gusu.kernel import ids


def new_account_id() -> str:
    return ids.new("acc")


class Kind(models.TextChoices):
    CITIZEN = "citizen"
    ENTERPRISE = "enterprise"
    OFFICIAL = "official"


class Account(AbstractBaseUser):
    """Who can sign in. Knows an opaque subject and how surely it is that subject, and nothing of registers.

    sign_in_name: folded (see names.folded).  assurance: as in kernel.actor; 3 after the real-name check.
    otp_secret: base 32, in an envelope bound to this account.  otp_counter: time step of the last code accepted.
    Erased accounts keep their id, so that the audit trail still means somebody, and nothing that says who it was.
    """

    last_login = None  # the audit trail knows, and Django would keep it by a signal

    id = models.TextField(primary_key=True, default=new_account_id)
    sign_in_name = models.TextField(unique=True)
    display_name = models.TextField()
    kind = models.TextField(choices=Kind)
    subject_id = models.TextField(default="", db_index=True)
    assurance = models.SmallIntegerField(default=1)
    must_change_password = models.BooleanField(default=False)
    otp_secret = models.TextField(default="")
    otp_confirmed_at = models.DateTimeField(null=True)
    otp_counter = models.BigIntegerField(default=0)
    demo = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "sign_in_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[models.Manager["Account"]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(closed_at__isnull=False), name="account_erased_is_closed"
            ),
            models.UniqueConstraint(
                fields=["subject_id"],
                condition=Q(kind=Kind.CITIZEN, closed_at=None) & ~Q(subject_id=""),
                name="account_one_a_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-id"], name="account_kind"),
            GinIndex(Func(F("display_name"), Value(False), function="gusu_tokens"), name="account_words"),
        ]

    def __str__(self) -> str:
        return self.pk

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django's is a plain attribute, and it only reads it
        return self.closed_at is None

    @property
    def otp_context(self) -> str:
        """What the envelope of the secret is bound to."""
        return f"account-otp/{self.pk}"


class Appointment(models.Model):
    """An official's mandate: this role in this organisation, from `since` until the day before `until`."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="appointments")
    role = models.ForeignKey("identity.Role", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("identity.Organisation", models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "role", "organisation"], condition=Q(until=None), name="appointment_open_once"
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="appointment_since_until"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role_id} {self.organisation_id}"
