"""The small shapes that pages hand to the frame: what stands in the header and footer, and a tree to unfold."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class NavItem:
    """A link in the header or footer; `current` marks the part of the site the reader is in."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Chrome:
    """What surrounds every page, in the active language; an empty `search` or `sign_out` address leaves it out."""

    site_name: str
    site_name_other: str = ""
    nav: tuple[NavItem, ...] = ()
    account: NavItem | None = None
    footer: str = ""
    links: tuple[NavItem, ...] = ()
    search: str = ""
    sign_out: str = ""
    demo: bool = False


@dataclass(frozen=True)
class Branch:
    """One line of `macros.tree`: an organisation, a division. `note` is the small text behind the name."""

    label: str
    url: str = ""
    note: str = ""
    children: tuple["Branch", ...] = ()
    open: bool = False


PLAIN = Chrome(site_name="姑苏 Gusu")


def chrome(request: HttpRequest) -> Chrome:
    """The frame of this request, by the callable that `settings.GUSU_CHROME` names; PLAIN when it names none."""
    path: str = getattr(settings, "GUSU_CHROME", "")
    if not path:
        return PLAIN
    found: Chrome = _named(path)(request)
    return found


_named = cache(import_string)
