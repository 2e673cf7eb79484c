"""Only the days that differ from the week, or have a name; every other day is what its weekday says."""

from django.db import models

from gusu.kernel.text import Text


class CalendarSource(models.Model):
    """What a pack declared, kept as declared: days come from it, and an administrator may correct them afterwards."""

    code = models.TextField(primary_key=True)
    declared = models.JSONField()

    def __str__(self) -> str:
        return self.code


class CalendarDay(models.Model):
    """A holiday, or a weekend day worked in exchange (调休), as the State Council announces them each year.

    source: the code of the CalendarSource, or ADMINISTRATOR once somebody corrected the day; packs then leave it alone.
    """

    ADMINISTRATOR = "administrator"

    date = models.DateField(primary_key=True)
    working = models.BooleanField()
    name_zh = models.TextField()
    name_en = models.TextField()
    source = models.TextField()

    def __str__(self) -> str:
        return f"{self.date} {self.name_zh}"

    @property
    def name(self) -> Text:
        return Text(self.name_zh, self.name_en)
