"""The tallies."""

from django.db import models


class Tally(models.Model):
    """Tries of one thing that is limited. key: blind index of what is counted; after `ends` the row means nothing."""

    key = models.TextField(primary_key=True)
    tries = models.IntegerField()
    ends = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tries} tries"
