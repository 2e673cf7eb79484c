"""What was promised. What was reached is measured, never typed in."""

from django.db import models


class Target(models.Model):
    """One target of a plan, with the plan's own words beside the figure. No figure: a target in words only."""

    code = models.TextField(primary_key=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    comparison = models.TextField(blank=True)
    figure = models.FloatField(null=True)
    unit = models.TextField(blank=True)
    due = models.DateField(null=True)
    plan = models.TextField()
    quote = models.TextField()
    position = models.IntegerField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.code} {self.comparison} {self.figure}{self.unit}"
