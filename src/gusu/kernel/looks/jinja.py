"""The one Jinja environment: every room's templates, gettext, filters. It knows no noun of the city."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gusu.kernel import clock
from gusu.kernel.looks.parts import chrome
from gusu.kernel.text import Text

PACKAGE = Path(__file__).resolve().parents[2]
ABSENT = "—"
BYTE_UNITS = ("B", "KB", "MB", "GB", "TB")


def environment(**options: Any) -> Environment:
    """Called once by Django's Jinja2 backend; template folders are collected then, so a new one needs a restart."""
    options |= {
        "autoescape": True,
        "loader": FileSystemLoader(template_folders()),
        "undefined": StrictUndefined,
        "extensions": ["jinja2.ext.i18n"],
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    built = Environment(**options)
    built.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        gettext=translation.gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    built.globals |= GLOBALS
    built.filters |= FILTERS
    return built


def template_folders() -> list[Path]:
    """Each room keeps its pages in `templates/<wing>/<room>/`, so names never collide."""
    return sorted(folder for folder in PACKAGE.rglob("templates") if folder.is_dir())


def url(name: str, *args: object, **kwargs: object) -> str:
    """`url("resources:batch", 7)`: the address of a named route."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def label(text: Text | str | None) -> str:
    """A declared label in the active language; a dash where there is none."""
    return str(text) if text else ABSENT


def other(text: Text) -> str:
    """The same label in the language that is not active, for the small second line."""
    return text.zh if speaks_english() else text.en


def speaks_english() -> bool:
    return (translation.get_language() or "").startswith("en")


def language_tag() -> str:
    """For `lang` attributes (BCP 47)."""
    return "en" if speaks_english() else "zh-Hans"


def other_language_tag() -> str:
    return "zh-Hans" if speaks_english() else "en"


def show_date(value: date | datetime | None, width: str = "long") -> str:
    """2026年11月24日, or November 24, 2026; width: full, long, medium, short. A moment is taken in local time."""
    if value is None:
        return ABSENT
    return format_date(_local(value), width, locale=_locale())


def show_moment(value: datetime | None) -> str:
    """2026年11月24日 09:05; seconds belong to logs."""
    return ABSENT if value is None else f"{show_date(value)} {_local(value):%H:%M}"


def iso(value: date | datetime | None) -> str:
    """2026-11-24 or 2026-11-24 09:05, for dense tables."""
    if isinstance(value, datetime):
        return f"{_local(value):%Y-%m-%d %H:%M}"
    return ABSENT if value is None else value.isoformat()


def show_number(value: int | float | Decimal | None) -> str:
    """12,345.6 as both languages write it; whole numbers skip Babel, which took a third of a long table's time."""
    if isinstance(value, int):
        return f"{value:,}"
    return ABSENT if value is None else format_decimal(value, locale=_locale())


def show_percent(value: float | Decimal | None, digits: int = 1) -> str:
    """0.9876 as 98.8%."""
    return ABSENT if value is None else format_percent(value, format=f"#,##0.{'0' * digits}%", locale=_locale())


def show_bytes(count: int | None) -> str:
    """1536000 as 1.5 MB; powers of 1000, as disks and the standard say."""
    if count is None:
        return ABSENT
    size, power = float(count), 0
    while size >= 1000 and power < len(BYTE_UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{format_decimal(round(size, 1), locale=_locale())} {BYTE_UNITS[power]}"


def _local(value: date | datetime) -> Any:
    """Django's `localtime` refuses a naive moment: nothing without a zone is shown."""
    return timezone.localtime(value) if isinstance(value, datetime) else value


def _locale() -> str:
    return "en" if speaks_english() else "zh_Hans"


GLOBALS: Mapping[str, object] = {
    "url": url,
    "static": static,
    "now": clock.now,
    "label": label,
    "other": other,
    "chrome_of": chrome,
    "messages_of": get_messages,
    "language_tag": language_tag,
    "other_language_tag": other_language_tag,
}
FILTERS: Mapping[str, Any] = {
    "date": show_date,
    "datetime": show_moment,
    "iso": iso,
    "number": show_number,
    "percent": show_percent,
    "bytes": show_bytes,
}
