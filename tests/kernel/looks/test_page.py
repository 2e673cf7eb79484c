"""The frame: titles, the language switch without JavaScript, the demonstration ribbon, Django's own forms."""

import re
from dataclasses import replace

from django import forms
from django.http import HttpRequest
from django.template import engines
from django.utils import translation
from pytest_django.fixtures import Settings
from tests.kernel.looks.conftest import frame

BARE = '{% extends "looks/page.html" %}'


def test_a_page_that_names_no_title_still_has_one(request_: HttpRequest) -> None:
    assert title_of(rendered(BARE, request_)) == "某市政务服务 · 某市政务服务"
    assert title_of(rendered(BARE + "{% block title %}沿革{% endblock %}", request_)) == "沿革 · 某市政务服务"


def test_the_language_switch_comes_back_to_the_same_page(request_: HttpRequest) -> None:
    page = rendered(BARE, request_)

    assert '<form class="tongue" action="/language" method="post">' in page
    assert '<input type="hidden" name="next" value="/gallery?page=2">' in page
    assert '<input type="hidden" name="language" value="en">' in page


def test_a_demonstration_city_says_so_and_a_real_one_does_not(request_: HttpRequest, settings: Settings) -> None:
    assert "演示数据" in rendered(BARE, request_)

    settings.GUSU_CHROME = "tests.kernel.looks.test_page.real_city"

    assert "演示数据" not in rendered(BARE, request_)


def test_no_template_carries_a_style_or_a_script_of_its_own(request_: HttpRequest) -> None:
    page = rendered(BARE, request_)

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script>", page) == []
    assert re.findall(r"<script ([^>]*)>", page) == ['src="/static/vendor/htmx-2.0.11.min.js" defer']


def test_side_content_makes_two_columns_and_its_absence_one(request_: HttpRequest) -> None:
    beside = BARE + "{% block aside %}<p>旁</p>{% endblock %}{% block main %}<p>正</p>{% endblock %}"

    assert 'class="cols"' in rendered(beside, request_)
    assert 'class="cols"' not in rendered(BARE + "{% block main %}<p>正</p>{% endblock %}", request_)
    assert rendered(BARE + "{% block main %}<p>正</p>{% endblock %}", request_).count("<p>正</p>") == 1


def test_a_django_form_is_drawn_with_errors_that_link_to_their_fields(request_: HttpRequest) -> None:
    form = SignIn({"name": ""})
    source = BARE + "{% block main %}{{ m.form_errors(form) }}{{ m.bound(form['name']) }}{% endblock %}"

    page = rendered(source, request_, form=form)

    assert '<a href="#id_name">姓名：这个字段是必填项。</a>' in page
    assert 'aria-invalid="true"' in page
    described = re.search(r'aria-describedby="([^"]+)"', page)
    assert described
    assert all(f'id="{name}"' in page for name in described[1].split())


def test_english_pages_speak_english(request_: HttpRequest) -> None:
    with translation.override("en"):
        page = rendered(BARE, request_)

    assert '<html lang="en">' in page
    assert "Skip to the main content" in page
    assert "Sign out" in page


class SignIn(forms.Form):
    name = forms.CharField(label="姓名", help_text="与证件一致")


def real_city(request: HttpRequest) -> object:
    return replace(frame(request), demo=False)


def rendered(source: str, request: HttpRequest, **values: object) -> str:
    return engines["jinja2"].from_string(source).render(values, request)


def title_of(page: str) -> str:
    found = re.search(r"<title>(.*)</title>", page)
    assert found
    return found[1]
