from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "gusu.kernel"
    label = "kernel"
