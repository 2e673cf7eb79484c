"""The site itself, last of the apps: ties the rooms together once they are all there."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "gusu.site"
    label = "site"

    def ready(self) -> None:
        from gusu.kernel.events import outbox
        from gusu.site.wiring import LISTENERS  # rooms have models: not before the apps are ready

        outbox.listen(LISTENERS)
