"""Every address of the site, found in the URL resolver: what the role table and the page tests must cover."""

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def routes() -> dict[str, Callable[..., Any]]:
    """View by name, with its namespace: `accounts`, `api:api_registers`. Two views of one name cannot be told apart."""
    found: dict[str, Callable[..., Any]] = {}
    for name, view in _walk(get_resolver(), ""):
        assert name not in found, f"two addresses are called {name}"
        found[name] = view
    return found


def _walk(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from _walk(each, inner)
        elif isinstance(each, URLPattern):
            yield f"{namespace}{each.name or each.pattern}", each.callback
