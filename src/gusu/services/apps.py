"""The wing as Django sees it: services."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "gusu.services"
    label = "services"
