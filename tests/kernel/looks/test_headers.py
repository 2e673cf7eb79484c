"""Every answer is strict; an answer to somebody with a session is not kept by any cache."""

from django.conf import settings as configured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from gusu.kernel.looks.headers import CONTENT_SECURITY_POLICY, SecurityHeaders


def test_every_answer_carries_the_policy() -> None:
    response = answered(RequestFactory().get("/"))

    assert dict(response.headers) == {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def test_nothing_inline_and_nothing_foreign_is_allowed() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")


def test_a_page_for_somebody_signed_in_is_never_stored() -> None:
    request = RequestFactory().get("/")
    request.COOKIES[configured.SESSION_COOKIE_NAME] = "somebody"

    assert answered(request)["Cache-Control"] == "no-store"


def test_the_answer_that_signs_somebody_in_is_never_stored() -> None:
    response = HttpResponse()
    response.set_cookie(configured.SESSION_COOKIE_NAME, "new")

    assert answered(RequestFactory().get("/"), response)["Cache-Control"] == "no-store"


def test_a_view_keeps_a_header_it_set_itself() -> None:
    response = HttpResponse(headers={"Referrer-Policy": "no-referrer"})

    assert answered(RequestFactory().get("/"), response)["Referrer-Policy"] == "no-referrer"


def test_https_is_demanded_only_where_a_proxy_speaks_it(settings: Settings) -> None:
    assert "Strict-Transport-Security" not in answered(RequestFactory().get("/"))

    settings.HTTPS = True

    assert answered(RequestFactory().get("/"))["Strict-Transport-Security"] == "max-age=31536000"


def answered(request: HttpRequest, response: HttpResponse | None = None) -> HttpResponse:
    got = SecurityHeaders(lambda _request: response or HttpResponse())(request)
    assert isinstance(got, HttpResponse)
    return got
