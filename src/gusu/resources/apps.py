from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "gusu.resources"
    label = "resources"
