"""Gathers the wing's models for Django; nothing else."""

from gusu.services.items.models import Item, ItemVersion

__all__ = ["Item", "ItemVersion"]
