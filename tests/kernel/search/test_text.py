"""`gusu_tokens` against a plain reading of its rule, and that it finds just what it should, by the index."""

import re

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.verbs import DAY, make_day

from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.search.text import matching

pytestmark = pytest.mark.django_db
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
TEXT = st.text(
    st.sampled_from("苏州吴县市区路灯A1bZ 9-_·（）\u3000𠀀𪚥豈あé")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=14,
)


def defined(value: str, asking: bool) -> set[str]:
    """Runs of Chinese: pairs, and single characters when there is one or when indexing; runs of ASCII: words."""
    tokens: set[str] = set()
    lowered = value.translate({ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
    for run in re.findall(f"{CHINESE.pattern}+|[a-z0-9]+", lowered):
        if not CHINESE.match(run):
            tokens.add(run)
            continue
        tokens |= {run[place : place + 2] for place in range(max(1, len(run) - 1))}
        tokens |= set() if asking else set(run)
    return tokens


def tokens(value: str, asking: bool) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT gusu_tokens(%s, %s)", [value, asking])
        [(found,)] = cursor.fetchall()
    return list(found)


@given(TEXT, st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tokens_are_the_defined_ones_each_once(value: str, asking: bool) -> None:
    value = "".join(letter for letter in value if letter.lower() == letter or letter.isascii())  # no foreign case

    found = tokens(value, asking)

    assert sorted(found) == sorted(defined(value, asking))


@given(st.text(st.sampled_from("苏州吴县市区路灯A1b ·𠀀"), min_size=1, max_size=8), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_chinese_part_is_asked_for_is_found(value: str, data: st.DataObject) -> None:
    runs = re.findall(f"{CHINESE.pattern}+", value)
    if not runs:
        return
    run = data.draw(st.sampled_from(runs))
    start = data.draw(st.integers(0, len(run) - 1))
    part = run[start : data.draw(st.integers(start + 1, len(run)))]

    assert set(tokens(part, True)) <= set(tokens(value, False))


def test_words_beside_chinese_are_words_of_their_own() -> None:
    assert sorted(tokens("吴县ABC区", False)) == ["abc", "区", "县", "吴", "吴县"]
    assert tokens("ABC", True) == ["abc"]


def test_an_ideographic_space_parts_words() -> None:
    make_day("中国吴县")

    assert [day.date for day in matching(CalendarDay.objects.all(), "name_zh", "吴县　中国")] == [DAY]


def test_only_rows_with_every_word_are_found() -> None:
    make_day("吴县中国")
    make_day("吴中县国", DAY.replace(day=2))

    assert [day.date for day in matching(CalendarDay.objects.all(), "name_zh", "吴县 国")] == [DAY]


@pytest.mark.parametrize("asked", ["%", "_", "\\", "吴%", "'", '"'])
def test_signs_mean_themselves(asked: str) -> None:
    make_day("吴县中国")

    assert list(matching(CalendarDay.objects.all(), "name_zh", asked)) == []


def test_the_index_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX days_words ON kernel_calendarday USING gin (gusu_tokens(name_zh, false))")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = matching(CalendarDay.objects.all(), "name_zh", "吴县").explain()

    assert "Bitmap Index Scan on days_words" in plan
