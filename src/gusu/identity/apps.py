"""The wing as Django sees it: who acts."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "gusu.identity"
    label = "identity"
