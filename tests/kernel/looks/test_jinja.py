"""Presentation in the active language; a name nobody gave is an error, not an empty space."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from jinja2 import Environment, UndefinedError

from gusu.kernel.looks.jinja import environment
from gusu.kernel.text import Text

DAY = date(2026, 11, 24)
MOMENT = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def jinja() -> Environment:
    return environment()


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("{{ day | date }}", "2026年11月24日", "November 24, 2026"),
        ("{{ moment | datetime }}", "2026年11月24日 00:05", "November 24, 2026 00:05"),
        ("{{ moment | iso }}", "2026-11-24 00:05", "2026-11-24 00:05"),
        ("{{ day | iso }}", "2026-11-24", "2026-11-24"),
        ("{{ 1234567.5 | number }}", "1,234,567.5", "1,234,567.5"),
        ("{{ 0.98765 | percent }}", "98.8%", "98.8%"),
        ("{{ 1 | percent(0) }}", "100%", "100%"),
        ("{{ 1536000 | bytes }}", "1.5 MB", "1.5 MB"),
        ("{{ none | date }}{{ none | number }}{{ none | bytes }}", "———", "———"),
        ("{{ label(text) }} {{ other(text) }}", "数据局 Data Bureau", "Data Bureau 数据局"),
        ("{{ language_tag() }}", "zh-Hans", "en"),
        ('{{ _("Search") }}', "搜索", "Search"),
        ("{% trans %}Menu{% endtrans %}", "菜单", "Menu"),
    ],
)
def test_a_value_is_shown_in_the_active_language(jinja: Environment, source: str, zh: str, en: str) -> None:
    template = jinja.from_string(source)
    shown = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            shown[language] = template.render(day=DAY, moment=MOMENT, text=Text("数据局", "Data Bureau"))

    assert shown == {"zh-hans": zh, "en": en}


def test_a_moment_without_a_zone_is_refused(jinja: Environment) -> None:
    with pytest.raises(ValueError, match="naive"):
        jinja.from_string("{{ moment | datetime }}").render(moment=datetime(2026, 1, 1))


def test_a_name_nobody_gave_is_an_error(jinja: Environment) -> None:
    with pytest.raises(UndefinedError):
        jinja.from_string("{{ nobody }}").render()


def test_markup_in_a_value_is_shown_as_text(jinja: Environment) -> None:
    assert jinja.from_string("{{ name }}").render(name="<b>张</b>") == "&lt;b&gt;张&lt;/b&gt;"


def test_every_template_of_every_room_compiles(jinja: Environment) -> None:
    names = jinja.list_templates()

    assert "looks/page.html" in names
    for name in names:
        if name.endswith(".html"):
            jinja.get_template(name)
