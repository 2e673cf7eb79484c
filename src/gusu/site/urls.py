"""Every address of the site."""

from django.urls import include, path

from gusu.kernel.looks import errors
from gusu.site import health
from gusu.site.api import marked_urls

handler400, handler403, handler404, handler500 = (
    errors.handler400,
    errors.handler403,
    errors.handler404,
    errors.handler500,
)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/", include((marked_urls(), "ninja"), namespace="api")),
    path("", include("gusu.identity.urls")),
    path("", include("gusu.spaces.urls")),
]
