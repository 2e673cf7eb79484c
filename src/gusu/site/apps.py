"""The site itself, last of the apps: ties the rooms together once they are all there."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "gusu.site"
    label = "site"

    def ready(self) -> None:
        from gusu.kernel.events import outbox  # rooms have models: not before the apps are ready
        from gusu.site.wiring import LISTENERS

        outbox.listen(LISTENERS)
