"""The JSON API: every room's router under one address, one OpenAPI 3.1 page, one way of saying no (RFC 9457)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import ValidationError

from gusu.identity.access import anyone, mark, rule_of
from gusu.kernel.errors import GusuError
from gusu.resources.catalogue.api import router as catalogue
from gusu.resources.quality.api import router as quality
from gusu.resources.registers.api import router as registers

ROUTERS = {"registers": registers, "catalogue": catalogue, "batches": quality}
api = NinjaAPI(title="Gusu 姑苏", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
for prefix, router in ROUTERS.items():
    api.add_router(f"/{prefix}", router)


def problem(status: int, code: str, zh: str, en: str) -> JsonResponse:
    body = {"type": "about:blank", "status": status, "code": code, "title": en, "detail": {"zh": zh, "en": en}}
    return JsonResponse(body, status=status, content_type="application/problem+json")


@api.exception_handler(GusuError)
def refused(request: HttpRequest, error: GusuError) -> HttpResponse:
    return problem(error.status, error.code, error.said.zh, error.said.en)


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    where = ", ".join(".".join(map(str, one["loc"])) for one in error.errors)
    return problem(422, "not_understood", f"参数有误：{where}。", f"These parameters are not valid: {where}.")


def marked_urls() -> list[URLPattern]:
    """The API's addresses, each view marked with the rule its endpoint carries, so that the default stays: nobody."""
    endpoints = [
        operation
        for router in ROUTERS.values()
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    rules = {operation.url_name: rule_of(operation.view_func) for operation in endpoints} | {"openapi-json": anyone}
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        if rule := rules.get(pattern.name or ""):
            mark(pattern.callback, rule)
    return patterns
