"""What the words mean. Bulk first: one query for all the elements of a register, a form or a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from gusu.kernel.text import Text
from gusu.kernel.vocabulary.models import Code, DataElement


@dataclass(frozen=True, slots=True)
class Element:
    """A data element in force. `length` in characters; `pattern` a regular expression of the whole value, or "";
    `form` the normal form of its values (`kernel/engine/forms.py`); `register` whose keys they are, or "".
    """

    code: str
    label: Text
    type: str
    grade: int
    length: int | None
    pattern: str
    codelist: str | None
    standard: str
    form: str = ""
    register: str = ""


def elements(codes: Iterable[str] | None = None) -> dict[str, Element]:
    """The elements in force, by code; those of `codes` only, where given. An unknown code is simply absent."""
    rows = DataElement.objects.filter(retired_at=None).order_by("code")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    return {told[0]: _element(*told) for told in rows.values_list(*TOLD)}


def labels_of(codelist: str) -> dict[str, Text]:
    """Code → label in the list's own order; retired codes too, at the end, because old records show them."""
    rows = Code.objects.filter(codelist=codelist).order_by(F("retired_at").asc(nulls_first=True), "position")
    return {row.code: Text(row.label_zh, row.label_en) for row in rows}


def code_labels(elements: Iterable[str]) -> dict[str, Text]:
    """Code → label over the code lists of these elements together, in one query. Retired codes too."""
    return {code: label for codes in labels_by_element(elements).values() for code, label in codes.items()}


def labels_by_element(elements: Iterable[str]) -> dict[str, dict[str, Text]]:
    """Element → code → label, for those of the elements that have a code list, in one query. Retired codes too."""
    rows = Code.objects.filter(codelist__elements__code__in=list(elements)).order_by("codelist", "position")
    found: dict[str, dict[str, Text]] = {}
    for element, code, zh, en in rows.values_list("codelist__elements__code", "code", "label_zh", "label_en"):
        found.setdefault(element, {})[code] = Text(zh, en)
    return found


def codes_in_force(codelist: str) -> list[str]:
    """The codes one may write today, in the list's own order."""
    rows = Code.objects.filter(codelist=codelist, retired_at=None).order_by("position")
    return list(rows.values_list("code", flat=True))


TOLD = (
    "code",
    "label_zh",
    "label_en",
    "type",
    "grade",
    "length",
    "pattern",
    "codelist_id",
    "standard",
    "form",
    "register",
)


def _element(code: str, zh: str, en: str, *others: Any) -> Element:
    return Element(code, Text(zh, en), *others)
