"""Which roles there are."""

from django.db.models import QuerySet

from gusu.identity.roles.models import Role
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text

__all__ = ["Role"]


def roles_in_force() -> QuerySet[Role]:
    return Role.objects.filter(retired_at=None).order_by("code")


def role(code: str) -> Role:
    """A role that can be given today; NotFound."""
    found = roles_in_force().filter(code=code).first()
    if found is None:
        raise NotFound(kind=Text("角色", "role"), key=code)
    return found
