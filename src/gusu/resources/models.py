"""Gathers the wing's models for Django; nothing else."""

from gusu.resources.catalogue.models import CodeSequence, Entry, Grant
from gusu.resources.exchange.models import Batch, Chunk, Exchange, Outcome, Receipt, Return
from gusu.resources.objections.models import Objection
from gusu.resources.quality.models import Check, Quarantined, Rule, RuleResult
from gusu.resources.registers.models import Edition, Register
from gusu.resources.subjects.models import BaseEdition, BaseRegister, Cleansed, DossierKey, Erasure, LinkedBatch

__all__ = [
    "BaseEdition",
    "BaseRegister",
    "Batch",
    "Check",
    "Chunk",
    "Cleansed",
    "CodeSequence",
    "DossierKey",
    "Edition",
    "Entry",
    "Erasure",
    "Exchange",
    "Grant",
    "LinkedBatch",
    "Objection",
    "Outcome",
    "Quarantined",
    "Receipt",
    "Register",
    "Return",
    "Rule",
    "RuleResult",
]
