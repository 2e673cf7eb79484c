"""What is kept of a purpose."""

from django.db import models

from gusu.kernel.text import Text


class Purpose(models.Model):
    """A reason the law knows for handling personal data. retention_days: how long what was made of it is kept."""

    code = models.SlugField(max_length=64, unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    legal_basis_zh = models.TextField()
    legal_basis_en = models.TextField()
    retention_days = models.PositiveIntegerField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return Text(self.name_zh, self.name_en)

    @property
    def legal_basis(self) -> Text:
        return Text(self.legal_basis_zh, self.legal_basis_en)
