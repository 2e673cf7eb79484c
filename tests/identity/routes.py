"""The wing's addresses, and a few views to try `page` with."""

from django.http import HttpResponse
from django.urls import include, path

from gusu.identity.access import Request, kind, mark, page, permission, signed_in


def forgotten(request: Request) -> HttpResponse:
    return HttpResponse("open")


@page(may=permission("audit.read"))
def for_auditors(request: Request) -> HttpResponse:
    return HttpResponse(request.actor.account)


@page(may=kind("citizen"))
def for_citizens(request: Request) -> HttpResponse:
    return HttpResponse("open")


def foreign(request: Request) -> HttpResponse:
    return HttpResponse("open")


urlpatterns = [
    path("", include("gusu.identity.urls")),
    path("forgotten", forgotten, name="forgotten"),
    path("for-auditors", for_auditors, name="for_auditors"),
    path("for-citizens", for_citizens, name="for_citizens"),
    path("api/for-auditors", for_auditors, name="api_for_auditors"),
    path("foreign", mark(foreign, signed_in), name="foreign"),
]
