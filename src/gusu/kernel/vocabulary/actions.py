"""Keeping the words as packs declare them. Called inside packkit's one action, which leaves the audit line."""

from collections.abc import Iterable

from gusu.kernel import clock
from gusu.kernel.vocabulary.models import Code, CodeList, DataElement

LABELS = ["label_zh", "label_en"]
ELEMENT_FIELDS = [field.name for field in DataElement._meta.fields if not field.primary_key]


def write_codelists(lists: list[CodeList], codes: list[Code]) -> None:
    """Insert or update these lists with exactly these codes in force; codes left out are retired."""
    CodeList.objects.bulk_create(
        lists, update_conflicts=True, unique_fields=["code"], update_fields=[*LABELS, "standard", "retired_at"]
    )
    Code.objects.filter(codelist__in=lists, retired_at=None).update(retired_at=clock.now())
    Code.objects.bulk_create(
        codes,
        update_conflicts=True,
        unique_fields=["codelist", "code"],
        update_fields=[*LABELS, "parent", "position", "retired_at"],
    )


def write_elements(elements: list[DataElement]) -> None:
    """Insert or update; a retired element comes back into force."""
    DataElement.objects.bulk_create(
        elements, update_conflicts=True, unique_fields=["code"], update_fields=ELEMENT_FIELDS
    )


def retire_codelists(codes: Iterable[str]) -> None:
    CodeList.objects.filter(code__in=list(codes)).update(retired_at=clock.now())


def retire_elements(codes: Iterable[str]) -> None:
    DataElement.objects.filter(code__in=list(codes)).update(retired_at=clock.now())
