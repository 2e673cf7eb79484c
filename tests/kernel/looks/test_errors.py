"""An error page says what, why and what to do next, in both languages, and nothing of the inside."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from pytest_django.fixtures import Settings

from gusu.kernel.errors import GusuError, IllegalMove, NotFound
from gusu.kernel.looks import errors


@pytest.mark.parametrize("status", sorted(errors.ADVICE))
def test_each_status_says_what_why_and_what_to_do_in_both_languages(request_: HttpRequest, status: int) -> None:
    advice = errors.ADVICE[status]

    response = errors.error_page(request_, status, advice.said, advice.what_to_do)

    page = response.content.decode()
    assert response.status_code == status
    for text in (advice.title, advice.said, advice.what_to_do):
        assert text.zh in page
        assert text.en in page


def test_a_refusal_of_the_house_becomes_its_page(request_: HttpRequest) -> None:
    refusal = IllegalMove(noun="办件", state="已办结", to="受理")

    response = errors.Refusals(lambda request: HttpResponse()).process_exception(request_, refusal)

    assert response is not None
    assert response.status_code == 409
    assert refusal.said.zh in response.content.decode()
    assert refusal.said.en.replace("'", "&#39;") in response.content.decode()
    assert "409 illegal_move" in response.content.decode()


def test_another_exception_is_left_to_django(request_: HttpRequest) -> None:
    assert errors.Refusals(lambda request: HttpResponse()).process_exception(request_, RuntimeError("x")) is None


def test_a_status_nobody_described_is_answered_by_its_class(request_: HttpRequest) -> None:
    class Teapot(GusuError):
        status, code = 418, "teapot"

    assert errors.refused(request_, Teapot()).status_code == 418


def test_what_a_person_typed_is_shown_as_text(request_: HttpRequest) -> None:
    page = errors.refused(request_, NotFound(kind="区划", key="<script>")).content.decode()

    assert "<script>”" not in page
    assert "&lt;script&gt;" in page


def test_the_500_page_does_not_need_what_may_be_broken(request_: HttpRequest, settings: Settings) -> None:
    settings.GUSU_CHROME = "tests.kernel.looks.test_errors.broken_frame"

    response = errors.handler500(request_)

    assert response.status_code == 500
    assert "系统出现故障" in response.content.decode()


def test_the_inside_of_a_404_stays_inside(request_: HttpRequest) -> None:
    assert "secret" not in errors.handler404(request_, Exception("secret")).content.decode()


def test_in_english_the_heading_is_english_and_chinese_stands_below(request_: HttpRequest) -> None:
    with translation.override("en"):
        page = errors.handler404(request_).content.decode()

    assert "<h1>Page not found</h1>" in page
    assert '<div class="trouble-other" lang="zh-Hans">' in page


def broken_frame(request: HttpRequest) -> object:
    raise RuntimeError("the database is away")
