"""Gathers the wing's models for Django; nothing else."""

from gusu.services.cases.models import (
    Case,
    CaseAnswers,
    CaseExtension,
    CaseFile,
    CaseLine,
    CaseStop,
    DecisionVersion,
)
from gusu.services.forms.models import FormVersion
from gusu.services.items.models import Item, ItemVersion
from gusu.services.licences.models import Licence, LicenceKindVersion, LicenceLine

__all__ = [
    "Case",
    "CaseAnswers",
    "CaseExtension",
    "CaseFile",
    "CaseLine",
    "CaseStop",
    "DecisionVersion",
    "FormVersion",
    "Item",
    "ItemVersion",
    "Licence",
    "LicenceKindVersion",
    "LicenceLine",
]
