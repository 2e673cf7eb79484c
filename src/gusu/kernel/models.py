"""Gathers the wing's models for Django; nothing else."""

from gusu.kernel.audit.models import AuditLine, AuditSeal
from gusu.kernel.calendar.models import CalendarDay, CalendarSource
from gusu.kernel.events.models import OutboxEvent
from gusu.kernel.lake.models import LakeFile
from gusu.kernel.ownership.models import PackPiece
from gusu.kernel.vocabulary.models import Code, CodeList, DataElement

__all__ = [
    "AuditLine",
    "AuditSeal",
    "CalendarDay",
    "CalendarSource",
    "Code",
    "CodeList",
    "DataElement",
    "LakeFile",
    "OutboxEvent",
    "PackPiece",
]
