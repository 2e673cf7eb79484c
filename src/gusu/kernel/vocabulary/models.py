"""Declared by packs; what is no longer declared is retired and stays, because old records still speak it."""

from django.db import models


class CodeList(models.Model):
    """A closed list of codes, e.g. the levels of administrative divisions."""

    code = models.TextField(primary_key=True)
    label_zh = models.TextField()
    label_en = models.TextField()
    standard = models.TextField(blank=True)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Code(models.Model):
    """One value of a code list. `parent` is the code above it in a list that is a tree."""

    codelist = models.ForeignKey(CodeList, on_delete=models.PROTECT, related_name="codes")
    code = models.TextField()
    label_zh = models.TextField()
    label_en = models.TextField()
    parent = models.TextField(blank=True)
    position = models.IntegerField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["codelist", "code"], name="code_once_in_its_list")]

    def __str__(self) -> str:
        return f"{self.codelist_id}/{self.code}"


class DataElement(models.Model):
    """The smallest thing the city speaks of: `person.name`, `division.code`. Form after GB/T 18391.

    grade: 1 open, 2 inside government, 3 personal or sensitive, 4 most sensitive (Order 809); 3, 4 encrypted at rest.
    form: the normal form of its values, by which rules and links compare them (`kernel/engine/forms.py`).
    register: whose keys its values are: a page shows the name that the key has there.
    """

    code = models.TextField(primary_key=True)
    label_zh = models.TextField()
    label_en = models.TextField()
    meaning_zh = models.TextField(blank=True)
    meaning_en = models.TextField(blank=True)
    type = models.TextField()
    length = models.IntegerField(null=True)
    pattern = models.TextField(blank=True)
    form = models.TextField(blank=True)
    register = models.TextField(blank=True, default="")
    codelist = models.ForeignKey(CodeList, null=True, on_delete=models.PROTECT, related_name="elements")
    standard = models.TextField(blank=True)
    grade = models.SmallIntegerField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code
