"""A citizen's home."""

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from gusu.identity.access import Request, kind, page
from gusu.resources.registers.queries import open_registers
from gusu.spaces.words import show


@page(may=kind("citizen"))
@require_safe
def home(request: Request) -> HttpResponseBase:
    return show(request, "citizens/home.html", {"actor": request.actor, "registers": open_registers()})
