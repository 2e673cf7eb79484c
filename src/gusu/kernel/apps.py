"""The wing as Django sees it: what every wing stands on."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "gusu.kernel"
    label = "kernel"
