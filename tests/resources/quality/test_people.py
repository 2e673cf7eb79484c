"""The kinds about people against an oracle in plain Python, over right values and every way to spoil them."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.resources.quality.test_kinds import Row, all_failing

from gusu.resources.quality.kinds import AnyKind
from gusu.resources.quality.people import (
    Agrees,
    Date,
    DateForm,
    FifteenDigits,
    LooksLike,
    Moment,
    NameForm,
    ResidentNumber,
    WrittenPlainly,
)

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
DAYS = st.dates(date(1900, 1, 1), date(2026, 12, 31))


def with_check(body: str) -> str:
    """GB 11643-1999 §3.5, by its table of weights."""
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, date]:
    """A right number, of abolished divisions and of Hong Kong, Macao and Taiwan too, and its day of birth."""
    born = draw(DAYS)
    division = draw(st.sampled_from(["320508", "320502", "320586", "110101", "810000", "820000", "830000"]))
    return with_check(f"{division}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"), born


def fails(kinds: dict[str, AnyKind], *row: str | None) -> set[str]:
    return each_fails(kinds, row)[0]


def each_fails(kinds: dict[str, AnyKind], *rows: tuple[str | None, ...]) -> list[set[str]]:
    """Of each row, the rules it fails: one program for all, since a program takes its time."""
    padded: list[Row] = [(*row, *[None] * (3 - len(row))) for row in rows]  # type: ignore[misc]
    found = all_failing(kinds, padded)
    return [{rule for rule, failing in found.items() if place in failing} for place, _ in enumerate(rows, 2)]


def told(kinds: dict[str, AnyKind], expected: list[tuple[str | None, set[str]]]) -> None:
    """Each value fails these rules and no others."""
    found = each_fails(kinds, *[(value,) for value, _ in expected])
    assert [(value, rules) for (value, _), rules in zip(expected, found, strict=True)] == expected


NUMBER: dict[str, AnyKind] = {
    "number": ResidentNumber("a"),
    "fifteen": FifteenDigits("a"),
    "plain": WrittenPlainly("a"),
}


@given(numbers())
@settings(max_examples=100, deadline=None)
def test_a_right_number_passes_and_each_spoiling_is_told_by_its_own_rule(made: tuple[str, date]) -> None:
    number, born = made
    wrong = number[:17] + ("0" if number[17] != "0" else "1")

    expected: list[tuple[str | None, set[str]]] = [
        (number, set()),
        (wrong, {"number"}),
        (number.translate(WIDE), {"plain"}),
        (f" {number[:6]} {number[6:]}\u3000", {"plain"}),
        (None, set()),
        ("", set()),
        ("  ", {"plain"}),
        ("沈小梅", {"number"}),
    ]
    if born.year < 2000:
        old = number[:6] + number[8:17]
        expected += [(old, {"fifteen"}), (old.translate(WIDE), {"fifteen", "plain"})]

    told(NUMBER, expected)


@given(numbers(), st.integers(0, 16), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_no_single_digit_can_be_changed_unseen(made: tuple[str, date], place: int, by: int) -> None:
    number = made[0]
    digit = str((int(number[place]) + by) % 10)

    assert "number" in fails(NUMBER, number[:place] + digit + number[place + 1 :])


@given(numbers(), st.sampled_from(["男", "女", "1", "9", "", None]), st.integers(-1, 1))
@settings(max_examples=100, deadline=None)
def test_sex_and_birth_are_held_to_the_number(made: tuple[str, date], sex: str | None, moved: int) -> None:
    number, born = made
    said = born + timedelta(days=moved)
    kinds: dict[str, AnyKind] = {
        "sex": Agrees("b", "a", "sex", {"男": "odd", "女": "even"}),
        "birth": Agrees("c", "a", "birth_date"),
    }

    odd = int(number[16]) % 2 == 1
    expected = {"sex"} if (sex == "男" and not odd) or (sex == "女" and odd) else set()
    expected |= {"birth"} if moved else set()

    forms = (f"{said:%Y%m%d}", f"{said:%Y-%m-%d}", f"{said.year}年{said.month}月{said.day}日")
    rows = [(number.translate(WIDE), sex, written) for written in forms]
    unreadable = (number[:17] + "?", sex, f"{said:%Y%m%d}")
    assert each_fails(kinds, *rows, unreadable) == [expected, expected, expected, set()]


DATE: dict[str, AnyKind] = {
    "date": Date("a"),
    "extended": DateForm("a", "extended"),
    "basic": DateForm("a", "basic"),
    "moment": Moment("a"),
}


@given(DAYS)
@settings(max_examples=80, deadline=None)
def test_a_date_in_any_form_is_one_and_the_unusual_form_is_noticed(day: date) -> None:
    unusual = {"extended", "basic"}
    told(
        DATE,
        [
            (f"{day:%Y-%m-%d}", {"basic"}),
            (f"{day:%Y%m%d}", {"extended"}),
            (f"{day.year}/{day.month}/{day.day}", unusual),
            (f"{day.year}.{day.month}.{day.day}", unusual),
            (f"{day.year}年{day.month}月{day.day}日", unusual),
            (f"{day:%Y-%m-%d}T08:00:00+08:00", unusual),
        ],
    )


@given(st.integers(1900, 2100), st.integers(0, 13), st.integers(0, 32))
@settings(max_examples=150, deadline=None)
def test_a_date_that_no_calendar_has_is_none(year: int, month: int, day: int) -> None:
    try:
        date(year, month, day)
        there = True
    except ValueError:
        there = False

    written = [(f"{year}-{month:02d}-{day:02d}",), (f"{year}{month:02d}{day:02d}",)]
    assert ["date" not in failed for failed in each_fails(DATE, *written)] == [there, there]


def test_what_is_no_date_is_told_and_what_is_empty_is_left_alone() -> None:
    assert fails(DATE, "80-1-2") == {"date", "moment"}
    assert fails(DATE, "昨天") == {"date", "moment"}
    assert fails(DATE, None) == fails(DATE, "") == fails(DATE, " ") == set()


NAME: dict[str, AnyKind] = {"form": NameForm("a"), "looks": LooksLike("a", "name")}
HAN = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("𠮷𬀩𫖯"), min_size=2, max_size=4
)


@given(HAN, st.sampled_from(" \u3000\u00a0\t"), st.data())
@settings(max_examples=80, deadline=None)
def test_a_chinese_name_is_held_to_no_blanks(name: str, blank: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name)))

    assert fails(NAME, name) == set()
    assert fails(NAME, name[:place] + blank + name[place:]) == {"form"}


@given(HAN, HAN)
@settings(max_examples=60, deadline=None)
def test_a_name_of_parts_is_held_to_its_dot(father: str, given_name: str) -> None:
    others: list[tuple[str | None, set[str]]] = [(f"{given_name}{dot}{father}", {"form"}) for dot in "・•.．‧∙"]

    told(NAME, [(f"{given_name}·{father}", set()), *others])


@given(numbers())
@settings(max_examples=30, deadline=None)
def test_exchanged_fields_are_seen_from_both_sides(made: tuple[str, date]) -> None:
    kinds: dict[str, AnyKind] = {"name": LooksLike("a", "name"), "number": ResidentNumber("b")}

    assert fails(kinds, "沈小梅", made[0]) == set()
    assert fails(kinds, made[0], "沈小梅") == {"name", "number"}


def test_a_telephone_and_an_address_are_told_apart() -> None:
    kinds: dict[str, AnyKind] = {
        "phone": LooksLike("a", "phone"),
        "address": LooksLike("b", "address"),
        "plain": WrittenPlainly("a"),
    }
    address, phone = "江苏省苏州市姑苏区演示路12号", "10012345678"

    assert fails(kinds, phone, address) == set()
    assert fails(kinds, address, phone) == {"phone", "address"}
    assert fails(kinds, phone.translate(WIDE), address) == {"plain"}
    assert fails(kinds, None, "") == set()
