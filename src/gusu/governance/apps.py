"""The wing as Django sees it."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "gusu.governance"
    label = "governance"
