"""Gathers the wing's models for Django; nothing else."""

from gusu.resources.catalogue.models import CodeSequence, Entry
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.quality.models import Check, Quarantined, Rule, RuleResult
from gusu.resources.registers.models import Edition, Register

__all__ = [
    "Batch",
    "Check",
    "CodeSequence",
    "Edition",
    "Entry",
    "Exchange",
    "Quarantined",
    "Register",
    "Rule",
    "RuleResult",
]
