"""How much may be sent: said by the request's own heading and refused before anything is read, whoever sends it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from gusu.identity.access import API, problem
from gusu.kernel.errors import GusuError
from gusu.kernel.looks.errors import refused
from gusu.kernel.text import Text

MB = 1 << 20
ELSEWHERE = MB
MORE = {"/official/exchanges/": 201 * MB, "/citizen/cases/": 51 * MB}  # deliveries; ten files of a case


class TooLarge(GusuError):
    """More than this address takes, or no length given."""

    status, code = 413, "too_large"
    says = Text(
        "提交的内容过大（上限 {most} MB）。请拆分后再提交，大文件请送达交换任务的约定目录。",
        "What was sent is too large (at most {most} MB). Split it; deliver large files to the exchange's own folder.",
    )


class OnlySoMuch:
    """Middleware, before the body is parsed for its form token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        most = next((size for place, size in MORE.items() if request.path.startswith(place)), ELSEWHERE)
        length = request.headers.get("Content-Length") or "0"
        chunked = "Transfer-Encoding" in request.headers
        if not chunked and length.isdigit() and int(length) <= most:
            return self.get_response(request)
        error = TooLarge(most=most // MB)
        return problem(error) if request.path.startswith(API) else refused(request, error)
