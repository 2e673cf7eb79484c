"""What can be asked of a base register: facts for a purpose, whose they are, why they stand, how they came about."""

from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text
from gusu.resources.subjects.models import BaseEdition, BaseRegister
from gusu.resources.subjects.spec import spec_of


def base_registers() -> list[BaseRegister]:
    """Those in force, by code."""
    return list(BaseRegister.objects.filter(ended_at=None).order_by("code"))


def base_register(code: str) -> BaseRegister:
    found = BaseRegister.objects.filter(code=code, ended_at=None).first()
    if found is None:
        raise NotFound(kind=Text("基础库", "base register"), key=code)
    return found


def registers_fed_by(resource: str) -> list[BaseRegister]:
    return [register for register in base_registers() if resource in spec_of(register.spec).resources]


def newest_edition(register: str) -> BaseEdition | None:
    return BaseEdition.objects.filter(register__code=register).order_by("-number").first()
