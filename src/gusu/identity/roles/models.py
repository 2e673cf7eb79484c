"""What is kept of a role."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from gusu.kernel.text import Text


class Role(models.Model):
    """A set of permissions under one name. needs_otp: who holds it is asked to use one-time codes."""

    code = models.SlugField(max_length=64, unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    permissions = ArrayField(models.TextField())
    needs_otp = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return Text(self.name_zh, self.name_en)
