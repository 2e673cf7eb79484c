"""A piece against its schema: every fault at once, each with its line and the nearest known key.

msgspec stops at the first fault and names no line, so this walks the schema's fields itself and leaves to msgspec what
it is best at: one value against one type.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from gusu.packkit.source import At, Finding, Source

S = TypeVar("S", bound=msgspec.Struct)

KINDS = {
    "str": ("文字", "text"),
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "bool": ("true 或 false", "true or false"),
    "array": ("列表", "a list"),
    "object": ("键值表", "a table of keys"),
    "null": ("空值", "nothing"),
    "date": ("日期（年-月-日）", "a date (year-month-day)"),
}


def shaped(source: Source, at: At, schema: type[S]) -> tuple[S | None, list[Finding]]:
    """The piece that stands at `at` in a file, or all that is wrong with it."""
    shape = _Shape(source)
    value = shape.walk(_value_at(source.data, at), schema, at)
    if not shape.findings:
        try:
            return msgspec.convert(value, schema), []
        except msgspec.ValidationError as error:  # a rule of the Struct itself
            shape.refused(error, schema, at)
    return None, shape.findings


def unknown(noun: tuple[str, str], word: str, known: Iterable[str]) -> tuple[str, str]:
    """The sentences (zh, en) for a word nobody knows, with the nearest known one. `noun` names it in both languages."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    zh, en = f"不认识的{noun[0]}“{word}”", f"unknown {noun[1]} '{word}'"
    return (f"{zh}，是不是“{near[0]}”？", f"{en}; did you mean '{near[0]}'?") if near else (zh, en)


class _Shape:
    """One walk through one piece. `walk` gives the value back, with numbers as written where the schema wants text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Finding] = []

    def walk(self, value: object, hint: Any, at: At) -> object:
        kind = self._side(value, _core(hint))
        inner = get_args(kind)
        match value:
            case dict() if _is_struct(kind):
                return self._struct(value, kind, at)
            case dict() if get_origin(kind) in (dict, Mapping):
                return {key: self.walk(item, inner[1], (*at, key)) for key, item in value.items()}
            case list() if get_origin(kind) in (list, tuple):
                return [self.walk(item, inner[0], (*at, number)) for number, item in enumerate(value)]
        return self._leaf(value, hint, at)

    def _struct(self, value: dict[str, object], kind: type[msgspec.Struct], at: At) -> dict[str, object]:
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        tag = kind.__struct_config__.tag_field
        for key in value:
            if key not in fields and key != tag:
                self.report((*at, key), *unknown(("键", "key"), key, fields))
        for name, field in fields.items():
            if field.required and name not in value:
                self.report(at, f"缺少“{name}”", f"'{name}' is missing")
        walked = {key: self.walk(item, fields[key].type, (*at, key)) for key, item in value.items() if key in fields}
        return walked | ({tag: value[tag]} if tag in value else {})

    def _side(self, value: object, kind: Any) -> Any:
        """Of several Structs told apart by a tag, the one that the value names; else `kind` as it is."""
        if isinstance(value, dict) and get_origin(kind) in (Union, UnionType):
            for side in filter(_is_struct, get_args(kind)):
                config = side.__struct_config__
                if config.tag_field and value.get(config.tag_field) == config.tag:
                    return side
        return kind

    def _leaf(self, value: object, hint: Any, at: At) -> object:
        if _wants_text(hint) and type(value) in (int, float):
            value = self.source.written[at]
        try:
            msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            self.refused(error, hint, at)
        return value

    def refused(self, error: msgspec.ValidationError, hint: Any, at: At) -> None:
        message, _, way = str(error).partition(" - at `$")
        steps = re.findall(r"\.(\w+)|\[(\d+)\]", way)
        place = (*at, *(name or int(number) for name, number in steps))
        zh, en = _said(message, hint)
        key = _key(place)
        self.report(place, f"“{key}”：{zh}" if key else zh, f"'{key}': {en}" if key else en)

    def report(self, at: At, zh: str, en: str) -> None:
        self.findings.append(self.source.find(at, zh, en))


def _said(message: str, hint: Any) -> tuple[str, str]:
    """msgspec's sentence in our two languages; one it learns to say later stays as it is."""
    if found := re.fullmatch(r"Invalid (?:enum )?value '?(.*?)'?", message):
        choices = [_choice(choice) for choice in get_args(_core(hint))]
        zh, en = unknown(("取值", "value"), found[1], choices)
        return f"{zh}（可取：{'、'.join(choices)}）", f"{en} (one of: {', '.join(choices)})"
    if found := re.fullmatch(r"Expected `([\w |]+)`, got `(\w+)`", message):
        wanted, got = _kind(found[1]), _kind(found[2])
        return f"应为{wanted[0]}，写的是{got[0]}", f"should be {wanted[1]}, but is {got[1]}"
    if re.fullmatch(r"Expected `\w+` of length >= 1", message):
        return "不能为空", "must not be empty"
    if found := re.fullmatch(r"Expected `(\w+)` (of length )?([<>]=?) (\S+)", message):
        part = ("长度", "length") if found[2] else ("值", "value")
        return f"{part[0]}应 {found[3]} {found[4]}", f"the {part[1]} should be {found[3]} {found[4]}"
    if found := re.fullmatch(r"Expected `str` matching regex (.*)", message):
        return f"格式不符，应符合 {found[1]}", f"is not written like {found[1]}"
    if "date" in message:
        return "应为日期（年-月-日）", "should be a date (year-month-day)"
    return message, message


def _key(at: At) -> str:
    """The key whose value stands at `at`, with the number of the item in a list: `height`, `channels[2]`; "" for none.

    Items are numbered from 1, as people count.
    """
    items: list[str] = []
    for step in reversed(at):
        if isinstance(step, str):
            return step + "".join(reversed(items))
        items.append(f"[{step + 1}]")
    return ""


def _choice(choice: Any) -> str:
    """A value of a Literal, or the tag of a Struct among others."""
    return str(choice.__struct_config__.tag) if _is_struct(choice) else str(choice)


def _kind(names: str) -> tuple[str, str]:
    kinds = [KINDS.get(name.strip(), (name.strip(), name.strip())) for name in names.split("|")]
    return "或".join(zh for zh, _ in kinds), " or ".join(en for _, en in kinds)


def _core(hint: Any) -> Any:
    """The type inside `Annotated[...]` and `... | None`."""
    if get_origin(hint) is Annotated:
        return _core(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        sides = [side for side in get_args(hint) if side is not NoneType]
        return _core(sides[0]) if len(sides) == 1 else hint
    return hint


def _wants_text(hint: Any) -> bool:
    core = _core(hint)
    return core is str or (get_origin(core) is Literal and all(isinstance(choice, str) for choice in get_args(core)))


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _value_at(data: object, at: At) -> object:
    for step in at:
        data = data[step]  # type: ignore[index]
    return data
