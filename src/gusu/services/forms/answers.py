"""What a form asks of whom, and what was answered: judged by the declaration, the facts and what was typed. Pure; no
database here.

Where the register knows an element its value is locked: it is not asked, and what is posted for it is a forgery.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from gusu.kernel.crypto.envelope import blind_index
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import Element
from gusu.resources.subjects.queries import Fact
from gusu.services.forms.spec import Field, FormPiece, Step

LONGEST = 500  # characters, of an element that declares no length
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """What a form's elements are: one read for the whole form. codes: element → code → label; names: the same of
    those whose values are keys of a register.
    """

    elements: dict[str, Element]
    codes: dict[str, dict[str, Text]]
    names: Mapping[str, Mapping[str, Text]]

    def said(self, element: str, value: str) -> Text:
        """A value as people read it."""
        labels = self.codes.get(element) or self.names.get(element, {})
        return labels.get(value) or Text(value, value)


@dataclass(frozen=True, slots=True)
class Asked:
    """One field as a page shows it. fact: what the register says, None where it is not asked.  value: locked or typed.

    shown: whether its condition holds.  fault: what is wrong with what was typed, "" kinds as in `Fault`.
    """

    field: Field
    element: Element
    fact: Fact | None
    value: str
    said: Text
    shown: bool
    options: dict[str, Text]
    names: Mapping[str, Text]

    @property
    def locked(self) -> bool:
        """Known to the register: shown with its provenance, and not to be typed."""
        return self.fact is not None and self.fact.state == "known"

    @property
    def label(self) -> Text:
        return self.field.label.text if self.field.label else self.element.label


@dataclass(frozen=True, slots=True)
class AskedStep:
    step: Step
    fields: list[Asked]

    @property
    def shown(self) -> list[Asked]:
        return [field for field in self.fields if field.shown]


class Answer(msgspec.Struct, frozen=True):
    """One element as it was handed in, with its provenance; kept sealed with the case.

    given: who said so.  state: what the register answered when it was asked (`subjects.facts.Fact`), "" if it was not.
    moment: when the source's record was last true, ISO 8601, or "".
    """

    element: str
    value: str
    given: str  # "register" | "applicant"
    state: str = ""
    source: str = ""
    title_zh: str = ""
    title_en: str = ""
    batch: int = 0
    position: int = 0
    moment: str = ""

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)


Answers = dict[str, Answer]


def asked(piece: FormPiece, facts: Mapping[str, Fact], typed: Typed, words: Words) -> list[AskedStep]:
    """The form as it is asked of one person: every field with its value, its provenance, and whether it is shown."""
    values: dict[str, str] = {}  # of the fields before: what is hidden has none, and so shows no other
    return [
        AskedStep(step, [_asked(field, facts, typed, values, words) for field in step.fields]) for step in piece.steps
    ]


def seen(piece: FormPiece, subject: str, facts: Mapping[str, Fact]) -> str:
    """A code for the locked values as a page showed them; another one when any of them has changed since."""
    locked = [f"{code}={facts[code].value}" for code in piece.elements if code in facts and facts[code].value]
    return blind_index("\n".join([piece.form, subject, *locked]), context="form-seen")


def answered(steps: list[AskedStep], typed: Typed) -> Answers:
    """What is handed in. Raises LockedField for a value posted in place of the register's, Incomplete for what is
    missing or wrong.
    """
    fields = [field for step in steps for field in step.fields]
    for field in fields:
        if field.locked and typed.get(field.field.element, field.value) != field.value:
            raise LockedField(element=field.field.element)
    shown = [field for field in fields if field.shown]
    if faults := {field.field.element: fault for field in shown if (fault := fault_of(field))}:
        raise Incomplete(faults)
    return {field.field.element: _answer(field) for field in shown if field.value or not field.field.required}


def fault_of(field: Asked) -> Text | None:
    """What is wrong with what was typed into a field that is shown, in words for the person who typed it."""
    if field.locked:
        return None
    if not field.value:
        return MISSING.filled(label=field.label) if field.field.required else None
    return next(_faults(field.element, field.value, field), None)


def _faults(element: Element, value: str, field: Asked) -> Iterator[Text]:
    options, label = field.options, field.label
    longest = element.length or LONGEST
    if len(value) > longest:
        yield TOO_LONG.filled(label=label, most=longest)
    if options and value not in options:
        yield NO_OPTION.filled(label=label)
    if element.type == "date" and not _is_day(value):
        yield NO_DAY.filled(label=label)
    if element.type == "integer" and not re.fullmatch(r"-?[0-9]{1,15}", value):
        yield NO_NUMBER.filled(label=label)
    if element.pattern and not re.fullmatch(element.pattern, value):
        yield WRONG_FORM.filled(label=label)
    if element.register and field.names and value not in field.names:
        yield NO_SUCH_KEY.filled(label=label)


MISSING = Text("请填写“{label}”", "Enter: {label}")
TOO_LONG = Text("“{label}”最多{most}个字符", "{label}: {most} characters at most")
NO_OPTION = Text("请从列表中选择“{label}”", "Choose from the list: {label}")
NO_DAY = Text("“{label}”应为日期，例如 2026-11-24", "{label}: a day such as 2026-11-24")
NO_NUMBER = Text("“{label}”应为整数", "{label}: a whole number")
NO_SUCH_KEY = Text("“{label}”应为现有的代码，请核对", "{label}: no such code is known; check it")
WRONG_FORM = Text("“{label}”的格式不正确，请核对", "{label} is not in the right form; check it")


def _value(field: Field, facts: Mapping[str, Fact], typed: Typed) -> str:
    fact = facts.get(field.element)
    if fact is not None and fact.value:
        return fact.value
    return typed.get(field.element, "").strip()


def _asked(field: Field, facts: Mapping[str, Fact], typed: Typed, values: dict[str, str], words: Words) -> Asked:
    code, when, value = field.element, field.when, _value(field, facts, typed)
    shown = when is None or values.get(when.element, "") in when.is_one_of
    values[code] = value if shown else ""
    said = words.said(code, value)
    options, names = words.codes.get(code, {}), words.names.get(code, {})
    return Asked(field, words.elements[code], facts.get(code), value, said, shown, options, names)


def _answer(field: Asked) -> Answer:
    code, fact = field.field.element, field.fact
    if fact is None or fact.winner is None:
        return Answer(code, field.value, "applicant", fact.state if fact else "")
    said = fact.winner
    moment = said.moment.isoformat() if said.moment else ""
    title = said.title
    return Answer(
        code, said.value, "register", "known", said.source, title.zh, title.en, said.batch, said.position, moment
    )


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


class LockedField(GusuError):
    """A value was posted for an element that the register knows: no page of ours does that."""

    status, code = 403, "locked_field"
    says = Text(
        "“{element}”由登记信息提供，不能改写。如有错误，请在“我的数据”中提出异议。",
        "'{element}' comes from the register and cannot be written over. If it is wrong, object to it in 'My data'.",
    )


class Incomplete(GusuError):
    """faults: element → what is wrong, in words for whoever typed it."""

    status, code = 422, "form_incomplete"
    says = Text("有{count}处需要补充或更正。", "{count} answers are missing or wrong.")

    def __init__(self, faults: dict[str, Text]) -> None:
        super().__init__(count=len(faults))
        self.faults = faults


class RegisterChanged(GusuError):
    """Between showing and submitting the register learned something else."""

    status, code = 409, "register_changed"
    says = Text(
        "登记信息在您填写期间有更新，请核对后重新提交。已填写的内容没有丢失。",
        "The register has changed since this page was shown. Check it and submit again; nothing you typed is lost.",
    )
