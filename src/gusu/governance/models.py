"""Gathers the wing's models for Django; nothing else."""

from gusu.governance.performance.models import Target

__all__ = ["Target"]
