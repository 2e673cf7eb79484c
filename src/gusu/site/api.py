"""The JSON API: every room's router under one address, one OpenAPI 3.1 page, one way of saying no (RFC 9457)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_safe
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from gusu.identity.access import Request, Rule, anyone, mark, page, problem, rule_of
from gusu.kernel.errors import GusuError, NotFound
from gusu.kernel.text import Text
from gusu.resources.catalogue.api import router as catalogue
from gusu.resources.quality.api import router as quality
from gusu.resources.registers.api import router as registers
from gusu.services.items.api import router as services
from gusu.services.licences.api import router as licences

ROUTERS = {
    "registers": registers,
    "catalogue": catalogue,
    "batches": quality,
    "services": services,
    "licences": licences,
}
PROBLEM = {
    "type": "object",
    "required": ["type", "status", "code", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for programs"},
        "title": {"type": "string", "description": "in the language asked for"},
        "detail": {"type": "string", "description": "in Chinese and English"},
    },
}


class NotUnderstood(GusuError):
    """Parameters that are not what the API's page says."""

    status, code = 422, "not_understood"
    says = Text(
        "参数有误：{where}。请对照接口说明。", "These parameters are not valid: {where}. See the API's description."
    )


class NoSuchMethod(GusuError):
    status, code = 405, "no_such_method"
    says = Text("该地址不接受此方法，可用：{allowed}。", "This address does not take that method; it takes {allowed}.")


class JsonApi(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Ninja's, and every operation may also answer a problem."""
        schema = super().get_openapi_schema(**options)
        schema["components"].setdefault("schemas", {})["Problem"] = PROBLEM
        refusal = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {
                    "description": "Refused: what, why and what to do",
                    "content": refusal,
                }
        return schema


api = JsonApi(title="Gusu 姑苏", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
for prefix, router in ROUTERS.items():
    api.add_router(f"/{prefix}", router)


@api.exception_handler(GusuError)
def refused(request: HttpRequest, error: GusuError) -> HttpResponse:
    return problem(error)


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(NotUnderstood(where=", ".join(".".join(map(str, one["loc"])) for one in error.errors)))


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(NotFound(kind=Text("地址", "address"), key=request.path))


@page(may=anyone)
@require_safe
def front(request: Request) -> HttpResponse:
    """The API's own address leads to its description."""
    return redirect("api:openapi-json")


@page(may=anyone)
def nowhere(request: Request, rest: str) -> HttpResponse:
    return problem(NotFound(kind=Text("地址", "address"), key=request.path))


def marked_urls() -> list[URLPattern]:
    """The API's addresses, each view marked with the rule its endpoint carries, so that the default stays: nobody."""
    endpoints = [
        operation
        for router in ROUTERS.values()
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    rules = {operation.url_name: rule_of(operation.view_func) for operation in endpoints}
    own = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    described = [_again(one, require_GET(one.callback), anyone) for one in own if one.name == "openapi-json"]
    asked = [_again(one, one.callback, rules[one.name]) for one in own if one.name in rules]
    return [*described, *asked, path("", front, name="api-root"), path("<path:rest>", nowhere, name="nowhere")]


def _again(pattern: URLPattern, view: Callable[..., HttpResponseBase], may: Rule | None) -> URLPattern:
    return URLPattern(pattern.pattern, _door(view, may), name=pattern.name)


def _door(view: Callable[..., HttpResponseBase], may: Rule | None) -> Callable[..., HttpResponseBase]:
    """A view of the framework's as this door answers: HEAD where there is GET, other methods refused as a problem."""

    @wraps(view)
    def answer(request: HttpRequest, **asked: Any) -> HttpResponseBase:
        if request.method == "HEAD":
            request.method = "GET"  # the server leaves the body out
        response = view(request, **asked)
        if response.status_code != 405:
            return response
        refusal = problem(NoSuchMethod(allowed=response.headers["Allow"]))
        refusal.headers["Allow"] = response.headers["Allow"]
        return refusal

    answer.csrf_exempt = False  # type: ignore[attr-defined]  # Ninja's are exempt; ours act by the session's cookie
    return mark(answer, may) if may else answer
