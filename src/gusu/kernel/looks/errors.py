"""When something is refused or breaks: a page that says what, why and what to do next, in both languages."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from gusu.kernel.errors import GusuError
from gusu.kernel.looks.parts import PLAIN, Chrome, chrome
from gusu.kernel.text import Text


@dataclass(frozen=True)
class Advice:
    """The heading of an error page, and what the reader can do now."""

    title: Text
    said: Text
    what_to_do: Text


ADVICE = {
    400: Advice(
        Text("请求有误", "The request is not valid"),
        Text("系统无法理解这次提交的内容。", "The site could not understand what was sent."),
        Text("请返回上一页，核对后重新提交。", "Go back, check what you entered and send it again."),
    ),
    403: Advice(
        Text("没有权限", "You may not open this"),
        Text("当前身份不能查看或办理此内容。", "Your present identity may not see or do this."),
        Text(
            "请确认登录的账号是否正确；如工作需要，请联系本部门管理员授权。",
            "Check that you are signed in as the right person. If your work needs it, ask your administrator.",
        ),
    ),
    404: Advice(
        Text("没有找到页面", "Page not found"),
        Text("此地址没有内容，可能已移动或输入有误。", "Nothing is here. It may have moved or been mistyped."),
        Text("请核对网址，或从首页重新查找。", "Check the address, or start again from the home page."),
    ),
    405: Advice(
        Text("不支持的操作", "This cannot be done here"),
        Text("该地址不接受这种操作。", "This address does not accept that kind of request."),
        Text("请返回上一页，使用页面上的按钮办理。", "Go back and use the buttons on the page."),
    ),
    409: Advice(
        Text("内容已发生变化", "This has changed meanwhile"),
        Text("在您操作期间，内容已被更新。", "It was updated while you were working on it."),
        Text("请返回上一页并刷新，查看最新状态后再试。", "Go back, reload to see its present state, and try again."),
    ),
    429: Advice(
        Text("操作过于频繁", "Too many attempts"),
        Text("短时间内的请求太多，系统已暂时停止处理。", "Too many requests came in a short time, so they are paused."),
        Text("请等几分钟后再试。", "Wait a few minutes and try again."),
    ),
    500: Advice(
        Text("系统出现故障", "Something broke on our side"),
        Text("您的操作没有完成；故障已记录。", "Your request was not finished; the fault is recorded."),
        Text(
            "请稍后再试；如仍不行，请拨打 12345 并告知发生时间。",
            "Try again later. If it still fails, call 12345 and say when it happened.",
        ),
    ),
    503: Advice(
        Text("服务暂不可用", "The service is not ready"),
        Text("系统正在启动或维护。", "The site is starting or being maintained."),
        Text("请几分钟后再试。", "Try again in a few minutes."),
    ),
}
FORM_EXPIRED = Text(
    "页面停留时间过长，或浏览器未启用 Cookie，安全校验没有通过。",
    "The page was open too long or cookies are switched off, so the safety check did not pass.",
)
RELOAD = Text("请返回上一页，刷新后重新提交。", "Go back, reload the page and send the form again.")


def error_page(request: HttpRequest, status: int, said: Text, what_to_do: Text) -> HttpResponse:
    """Any refusal as a page with the site's frame around it."""
    return _answer(request, chrome(request), status, said, what_to_do)


def refused(request: HttpRequest, error: GusuError) -> HttpResponse:
    """A GusuError as a page; its own sentence already says what to do, the code is for whoever is asked about it."""
    advice = _advice(error.status)
    return _answer(request, chrome(request), error.status, error.said, advice.what_to_do, code=error.code)


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _usual(request, 400)


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _usual(request, 403)


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _usual(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return _usual(request, 429)


def handler500(request: HttpRequest) -> HttpResponse:
    """With the plain frame: what broke may be just what the site's own frame needs (the database, the account)."""
    advice = ADVICE[500]
    return _answer(request, PLAIN, 500, advice.said, advice.what_to_do)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For settings.CSRF_FAILURE_VIEW; `reason` is for developers and stays out of the page."""
    return error_page(request, 403, FORM_EXPIRED, RELOAD)


class Refusals:
    """Middleware: a GusuError that a page did not answer itself becomes its page. The JSON door answers its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refused(request, exception) if isinstance(exception, GusuError) else None


def _usual(request: HttpRequest, status: int) -> HttpResponse:
    advice = ADVICE[status]
    return error_page(request, status, advice.said, advice.what_to_do)


def _advice(status: int) -> Advice:
    return ADVICE.get(status, ADVICE[500] if status >= 500 else ADVICE[400])


def _answer(
    request: HttpRequest, frame: Chrome, status: int, said: Text, what_to_do: Text, *, code: str = ""
) -> HttpResponse:
    seen = {"frame": frame, "status": status, "title": _advice(status).title, "said": said, "code": code}
    page = render_to_string("looks/error.html", seen | {"what_to_do": what_to_do}, request=request)
    return HttpResponse(page, status=status)
