"""The wing as Django sees it: the data road."""

from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "gusu.resources"
    label = "resources"
