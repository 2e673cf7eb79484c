"""What surrounds every page: whose city this is, where one can go from here, who is signed in."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from gusu.kernel.actor import ANONYMOUS, Actor
from gusu.kernel.looks.jinja import label, other
from gusu.kernel.looks.parts import Chrome, NavItem
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import labels_of
from gusu.resources.registers.queries import open_registers

HOMES = {"citizen": "citizen_home", "enterprise": "enterprise_home", "official": "official_home"}


def chrome(request: HttpRequest) -> Chrome:
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    words = labels_of("site.words")
    name = words.get("name", Text("姑苏", "Gusu"))
    return Chrome(
        site_name=label(name),
        site_name_other=other(name),
        nav=tuple(_places(actor, request.path)),
        account=_account(actor, request.path),
        footer=_("Hosted by %(city)s on Gusu, free software for cities") % {"city": label(words.get("host", name))},
        links=(
            NavItem(_("Verify a licence"), reverse("verify")),
            NavItem(_("JSON API"), reverse("api:openapi-json")),
            NavItem(_("The plan's targets"), reverse("targets")),
        ),
        search=reverse("search"),
        sign_out="" if actor.is_anonymous else reverse("sign_out"),
        demo=settings.DEMO,
    )


def home_of(actor: Actor) -> str:
    """The address of the actor's own space."""
    kind = next((kind for kind in HOMES if actor.can(f"kind.{kind}")), "")
    return reverse(HOMES[kind] if kind else "my_account")


def _places(actor: Actor, path: str) -> list[NavItem]:
    places: list[tuple[Text | str, str]] = [(_("Services"), reverse("services"))]
    places += [(register.title, reverse("register", args=[register.code])) for register in open_registers()]
    places += [(_("Data catalogue"), reverse("catalogue")), (_("Organisations"), reverse("organisations"))]
    items = [NavItem(str(text), url, path.startswith(url)) for text, url in places]
    if actor.is_anonymous:
        return items
    space = home_of(actor)
    return [NavItem(_("My space"), space, path.startswith((space, reverse("accounts")))), *items]


def _account(actor: Actor, path: str) -> NavItem:
    if actor.is_anonymous:
        return NavItem(_("Sign in"), reverse("sign_in"), path == reverse("sign_in"))
    return NavItem(actor.name, reverse("my_account"), path == reverse("my_account"))
