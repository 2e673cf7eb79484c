"""Rules nobody has to write: what a catalogue entry and its data elements already say, each with a code of its own.

`people.name.required` follows from the entry's item, `people.name.form` from the element's normal form.  A pack's rule
on the same item and concern takes the place of the derived one.  They are made anew each time: the entry is the one
place where they are said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import Element, elements
from gusu.resources.catalogue.queries import Entry
from gusu.resources.quality.kind import Kind
from gusu.resources.quality.kinds import Format, InCodelist, Length, Present, Unique, kind_of
from gusu.resources.quality.models import Rule
from gusu.resources.quality.people import (
    Date,
    FifteenDigits,
    LooksLike,
    Moment,
    NameForm,
    ResidentNumber,
    WrittenPlainly,
)

TYPES = {
    "integer": (r"[+-]?[0-9]+", Text("为整数", "is a whole number")),
    "decimal": (r"[+-]?[0-9]+([.][0-9]+)?", Text("为数值", "is a number")),
    "boolean": ("[01]|true|false", Text("为是非值", "is yes or no")),
}


@dataclass(frozen=True, slots=True)
class Derived:
    """`word` ends the rule's code; `says` ends its title, after the item's."""

    word: str
    kind: Kind
    dimension: str
    severity: str
    says: Text


def with_derived(entry: Entry, declared: Iterable[Rule]) -> list[Rule]:
    """The declared rules of a resource and those that follow from its entry, by code."""
    declared = list(declared)
    taken = {
        (item, kind.concerns) for kind in (kind_of(rule.check_spec) for rule in declared) for item in kind.columns()
    }
    known = elements({item["element"] for item in entry.items})
    found = list(declared)
    for item in entry.items:
        for one in _of(item, known.get(item["element"]), entry.key):
            if (item["name"], one.kind.concerns) not in taken:
                found.append(_rule(entry.resource, item, one))
    return sorted(found, key=lambda rule: rule.code)


def _of(item: dict[str, Any], element: Element | None, key: str) -> Iterator[Derived]:
    name = item["name"]
    if item["required"]:
        yield Derived("required", Present([name]), "complete", "quarantine", Text("不为空", "is there"))
    if name == key:
        once = Text("不重复（首次出现者保留）", "stands once (the first is kept)")
        yield Derived("once", Unique([name], keep="first"), "accurate", "quarantine", once)
    if element:
        yield from _formed(name, element) if element.form in BY_FORM else _plain(name, item["length"], element)


def _formed(item: str, element: Element) -> Iterator[Derived]:
    """What has a normal form is held to it, not to the pattern of the form itself."""
    if element.type == "moment":
        yield Derived("moment", Moment(item), "normative", "notice", Text("为有效时间", "is a time that exists"))
    else:
        yield from BY_FORM[element.form](item)


def _number(item: str) -> Iterator[Derived]:
    right = Text("为有效的公民身份号码", "is an identity number with a right check digit")
    yield Derived("number", ResidentNumber(item), "accurate", "quarantine", right)
    now = Text("为 18 位，不是 15 位旧号码", "has 18 digits, not the 15 of before")
    yield Derived("fifteen_digits", FifteenDigits(item), "normative", "notice", now)
    yield _plainly(item)


def _name(item: str) -> Iterator[Derived]:
    form = Text("书写规范：无空格，间隔号为“·”", "is written without blanks, with '·' between its parts")
    yield Derived("form", NameForm(item), "normative", "notice", form)
    like = Text("不含数字", "holds no digits")
    yield Derived("looks", LooksLike(item, "name"), "accurate", "notice", like)


def _date(item: str) -> Iterator[Derived]:
    yield Derived("date", Date(item), "normative", "notice", Text("为有效日期", "is a date that exists"))


def _digits(item: str) -> Iterator[Derived]:
    yield _plainly(item)
    like = Text("不含汉字", "holds no Chinese characters")
    yield Derived("looks", LooksLike(item, "phone"), "accurate", "notice", like)


def _plainly(item: str) -> Derived:
    plain = Text("无空格、无全角字符", "has no blanks and no full-width characters")
    return Derived("plain", WrittenPlainly(item), "normative", "notice", plain)


BY_FORM = {"resident_number": _number, "person_name": _name, "date": _date, "digits": _digits}


def _plain(item: str, length: int, element: Element) -> Iterator[Derived]:
    """Length, code list, pattern or type of a value as it is written."""
    most = min(length, element.length or length)
    long = Text(f"不超过 {most} 个字符", f"has {most} characters at most")
    yield Derived("length", Length(item, most), "normative", "notice", long)
    if element.codelist:
        listed = Text("在代码表内", "is a code of its list")
        yield Derived("code", InCodelist(item, element.codelist), "normative", "notice", listed)
    elif element.pattern:
        formed = Text("符合数据元格式", "has the form of its data element")
        yield Derived("pattern", Format(item, element.pattern), "normative", "notice", formed)
    elif element.type in TYPES:
        pattern, says = TYPES[element.type]
        yield Derived("type", Format(item, pattern), "normative", "notice", says)


def _rule(resource: str, item: dict[str, Any], one: Derived) -> Rule:
    title = item["title"]
    return Rule(
        code=f"{resource}.{item['name']}.{one.word}",
        resource=resource,
        dimension=one.dimension,
        severity=one.severity,
        element=item["name"],
        title_zh=f"{title['zh']}{one.says.zh}",
        title_en=f"{title['en']} {one.says.en}",
        check_spec=msgspec.to_builtins(one.kind),
    )
