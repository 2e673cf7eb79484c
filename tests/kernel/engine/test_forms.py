"""Normal forms: the engine's macros against Python that reads the standards anew, character by character."""

import calendar
import re
import unicodedata
from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gusu.kernel.engine import forms

engine = duckdb.connect()
for statement in forms.prelude():
    engine.execute(statement)

BLANKS = (
    " \t\n\v\f\r\x00\x1f\x7f\x85\xa0\xad\u1680\u180e\u2000\u2009\u200b\u200d\u200e\u2028\u202f\u205f\u2060\u3000\ufeff"
)
FULL = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
CLEANED = FULL | dict.fromkeys(map(chr, [*range(0x20), 0x7F]), " ")
FULL_OF = {narrow: wide for wide, narrow in FULL.items() if wide != "\u3000"}
LOOKALIKE_DOTS = ".\u0387\u2022\u2027\u2219\u22c5\u30fb\uff65\uff0e"
SURROGATES = st.characters(exclude_categories=["Cs"])
ANYTHING = st.text(
    SURROGATES | st.sampled_from(BLANKS + "０９Ａｚ～！（－／．年月日-/.:+0123456789Xx·苏𠮷"), max_size=24
)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
DIVISIONS = st.sampled_from(["320503", "320586", "810000", "820000", "830000", "911156"]) | st.from_regex(
    "[1-9][0-9]{5}", fullmatch=True
)
SERIALS = st.integers(0, 999).map(lambda serial: f"{serial:03d}")


def normal(form: str, values: list[str | None]) -> list[object]:
    values = [*values, None]  # so that the list has a type
    rows = engine.execute(f"SELECT gusu_{form}(x) FROM (SELECT unnest($1::VARCHAR[]) AS x)", [values]).fetchall()[:-1]
    return [value for (value,) in rows]


def clean(value: str) -> str | None:
    return "".join(CLEANED.get(character, character) for character in value).strip(BLANKS_ALL) or None


def tight(value: str) -> str | None:
    return "".join(character for character in clean(value) or "" if character not in BLANKS_ALL).upper() or None


BLANKS_ALL = "".join(
    character
    for character in map(chr, range(0x10000))
    if character in BLANKS
    or (unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp") and ord(character) <= 0x3000)
    or 0x2000 <= ord(character) <= 0x200F
    or 0x2028 <= ord(character) <= 0x202F
    or 0x205F <= ord(character) <= 0x206F
)


def check_digit(first_17: str) -> str:
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first_17, weights, strict=True)) % 11]


def is_date(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def resident_number(value: str) -> str | None:
    text = tight(value) or ""
    if re.fullmatch("[0-9]{15}", text):
        text = f"{text[:6]}19{text[6:]}"
        text += check_digit(text)
    if not re.fullmatch("[1-9][0-9]{16}[0-9X]", text) or text[17] != check_digit(text[:17]):
        return None
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    return text if year >= 1900 and is_date(year, month, day) else None


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A number as it ought to be, or with one thing changed."""
    first = draw(DIVISIONS) + f"{draw(DAYS):%Y%m%d}" + draw(SERIALS)
    return first + check_digit(first)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A number as somebody writes it: old, wide, with blanks, in small letters, or wrong in one character."""
    number = draw(numbers())
    way = draw(st.sampled_from(["right", "old", "wide", "blanks", "small", "touched", "short", "long", "other date"]))
    place = draw(st.integers(0, 17))
    match way:
        case "old":
            return number[:6] + number[8:17]
        case "wide":
            return "".join(FULL_OF.get(c, c) if draw(st.booleans()) else c for c in number)
        case "blanks":
            return number[:place] + draw(st.text(st.sampled_from(BLANKS), max_size=3)) + number[place:] + " "
        case "small":
            return number.lower()
        case "touched":
            return number[:place] + draw(st.sampled_from("0123456789XABCDEF_ +-.苏０")) + number[place + 1 :]
        case "short":
            return number[:place] + number[place + 1 :]
        case "long":
            return number[:place] + draw(st.sampled_from("0X ")) + number[place:]
        case "other date":
            first = number[:6] + f"{draw(st.integers(1800, 9999))}{draw(st.integers(0, 1399)):04d}" + number[14:17]
            return first + check_digit(first)
    return number


@given(st.lists(ANYTHING, max_size=20))
@settings(deadline=None)
def test_clean_and_tight_are_as_defined(values: list[str]) -> None:
    assert normal("clean", [*values]) == [clean(value) for value in values]
    upper = [value for value in values if value.isascii() or not any(c.isalpha() and c.upper() != c for c in value)]
    assert normal("tight", [*upper]) == [tight(value) for value in upper]


def test_every_blank_goes_and_every_wide_character_becomes_narrow() -> None:
    assert set(normal("clean", [f"{blank}苏{blank}" for blank in BLANKS_ALL])) == {"苏"}
    assert normal("clean", [f"苏{wide}" for wide in FULL if wide != "\u3000"]) == [
        f"苏{FULL_OF_ALL}" for FULL_OF_ALL in FULL_OF
    ]
    assert normal("clean", ["", " ", "\u3000\ufeff", None]) == [None] * 4


@given(st.lists(written() | ANYTHING, max_size=30))
@settings(deadline=None, max_examples=300)
def test_a_resident_number_is_what_the_standard_says(values: list[str]) -> None:
    assert normal("resident_number", [*values]) == [resident_number(value) for value in values]


@given(st.lists(numbers(), min_size=1, max_size=30))
@settings(deadline=None)
def test_a_right_number_stays_and_another_check_digit_never_passes(values: list[str]) -> None:
    others = [value[:17] + other for value in values for other in "0123456789X" if other != value[17]]

    assert normal("resident_number", [*values]) == values
    assert set(normal("resident_number", [*others])) == {None}


def test_every_day_of_four_centuries_and_every_impossible_one() -> None:
    numbers, truth = [], []
    for year in [*range(1890, 2110), 2200, 2300, 2400, 2900, 3000, 9999]:
        for month, day in [(m, d) for m in range(14) for d in (0, 1, 9, 10, 19, 20, 28, 29, 30, 31, 32)]:
            first = f"320503{year:04d}{month:02d}{day:02d}900"
            numbers.append(first + check_digit(first))
            truth.append(year >= 1900 and is_date(year, month, day))

    got = engine.execute("SELECT gusu_resident_number(x) FROM (SELECT unnest(?) AS x)", [numbers]).fetchall()

    assert [number is not None for (number,) in got] == truth


@pytest.mark.parametrize("division", ["810000", "820000", "830000", "320503", "320586", "999999"])
def test_the_division_never_refuses_a_number(division: str) -> None:
    first = f"{division}19900101900"

    assert normal("resident_number", [first + check_digit(first)]) == [first + check_digit(first)]


@given(DAYS | st.dates(date(1000, 1, 1), date(9999, 12, 31)), st.data())
@settings(deadline=None, max_examples=200)
def test_a_date_is_read_in_every_form(day: date, data: st.DataObject) -> None:
    y, m, d = f"{day.year:04d}", day.month, day.day
    ways = [f"{y}{m:02d}{d:02d}", f"{y}年{m}月{d}日", f"{y}年{m:02d}月{d:02d}日"]
    ways += [f"{y}{s}{m}{s}{d}" for s in "-/."] + [f"{y}{s}{m:02d}{s}{d:02d}" for s in "-/."]
    clock = data.draw(st.sampled_from(["", " 08:00", "T23:59:59", " 0:00:00.123456", "T08:00:00+08:00", "T08:00:00Z"]))
    wide = [("".join(FULL_OF.get(c, c) for c in way)) for way in ways]
    dressed = [f" {way}\u3000" for way in ways]

    told = normal("date", [*ways, *wide, *dressed, *(way + clock for way in ways), f"{y}{m:02d}{d:02d}080000"])

    assert set(told) == {day}


@given(st.integers(1000, 9999), st.integers(0, 99), st.integers(0, 99))
@settings(deadline=None, max_examples=200)
def test_an_impossible_date_is_none_in_every_form(year: int, month: int, day: int) -> None:
    right = date(year, month, day) if is_date(year, month, day) else None
    ways = [f"{year}{month:02d}{day:02d}", f"{year}年{month}月{day}日", *(f"{year}{s}{month}{s}{day}" for s in "-/.")]

    assert set(normal("date", [*ways])) == {right}


def test_what_is_no_date_is_none() -> None:
    no_dates = [
        "80-1-2", "1980-1", "1980", "1980-1/2", "1980年1月", "198012", "0001-01-01", "1980-01-02 25:00", "infinity",
        "1980-01-02x", "-1980-01-02", "1980-01-02 (BC)", "epoch", "苏州", "32050319900101001X", "1980-001-02",
    ]  # fmt: skip

    assert normal("date", [*no_dates]) == [None] * len(no_dates)


@given(st.lists(st.text(SURROGATES, max_size=12), max_size=20))
@settings(deadline=None)
def test_no_text_ever_stops_a_program(values: list[str]) -> None:
    for form in ("clean", "tight", "resident_number", "date", "person_name", "digits"):
        assert len(normal(form, [*values])) == len(values)


PART = st.text(st.sampled_from("阿依古丽买提𠮷𬀩𫖯々〇\ue001"), min_size=1, max_size=3)


@given(st.lists(PART, min_size=1, max_size=5), st.data())
@settings(deadline=None, max_examples=200)
def test_a_chinese_name_is_one_however_it_is_spaced_and_dotted(parts: list[str], data: st.DataObject) -> None:
    right = "·".join(parts)
    dots = [data.draw(st.sampled_from("·" + LOOKALIKE_DOTS)) for _ in parts]
    gap = st.text(st.sampled_from(BLANKS), max_size=1)
    typed = data.draw(gap) + "".join(
        "".join(c + data.draw(gap) for c in part) + (dot + data.draw(gap) if place < len(parts) else "")
        for place, (part, dot) in enumerate(zip(parts, dots, strict=True), start=1)
    )

    assert normal("person_name", [right, typed]) == [right, right]


def test_another_name_keeps_its_blanks_and_dots() -> None:
    names = ["Jean-Luc de la Tour", "J. R. Smith", "张三(曾用)", "阿·K", "О. Иванов"]

    assert normal("person_name", [*names]) == names
    assert normal("person_name", [" Ｊｏｈｎ　Doe ", "张三.", ""]) == ["John Doe", "张三.", None]


@pytest.mark.parametrize(
    ("written_as", "digits"),
    [
        ("10012345678", "10012345678"),
        ("100-1234-5678", "10012345678"),
        ("１００１２３４５６７８", "10012345678"),
        (" 100 1234\u30005678", "10012345678"),
        ("(0512) 6522—1234", "051265221234"),
        ("（0512）6522－1234", "051265221234"),
        ("+86 100 1234 5678", "+8610012345678"),
        ("+", None),
        ("100+1", None),
        ("65221234转801", None),
        ("演示路12号", None),
        ("", None),
    ],
)
def test_a_telephone_number_is_its_digits(written_as: str, digits: str | None) -> None:
    assert normal("digits", [written_as]) == [digits]


def test_every_form_of_a_data_element_has_its_macro() -> None:
    for form in forms.FORMS:
        engine.execute(f"SELECT {forms.normal(form, 'NULL::VARCHAR')}")
