"""What is sent as text is text: a NUL, which PostgreSQL cannot keep, is refused once here and not in every room."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from gusu.identity.access import API, problem
from gusu.kernel.errors import GusuError
from gusu.kernel.looks.errors import refused
from gusu.kernel.text import Text

NUL = "\x00"


class NotText(GusuError):
    """A NUL in an address, a question or a form."""

    status, code = 400, "not_text"
    says = Text(
        "提交的内容含有无法识别的字符。请重新输入。", "What was sent holds a character that is not text. Type it again."
    )


class OnlyText:
    """Middleware, after who may open the page is settled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if not any(NUL in sent for sent in _sent(request)):
            return None
        return problem(NotText()) if request.path.startswith(API) else refused(request, NotText())


def _sent(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for asked in (request.GET, request.POST):
        for name, values in asked.lists():
            yield from (name, *map(str, values))
