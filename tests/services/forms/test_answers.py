"""What a form asks of whom, and what it takes for an answer."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gusu.kernel.packs import Label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import Element
from gusu.resources.subjects.facts import Fact, Said
from gusu.services.forms.answers import (
    Incomplete,
    LockedField,
    Words,
    answered,
    asked,
    fault_of,
    seen,
)
from gusu.services.forms.spec import Field, FormPiece, Step, When

PURPOSES = {"job": Text("就业", "Job"), "school": Text("就读", "School")}


def label(text: str) -> Label:
    return Label(zh=text, en=text)


def element(code: str, register: str = "", **more: object) -> Element:
    told = {"type": "text", "length": 20, "pattern": "", "codelist": None} | more
    return Element(
        code,
        Text(code, code),
        told["type"],
        2,
        told["length"],
        told["pattern"],
        told["codelist"],
        "",
        register=register,
    )  # type: ignore[arg-type]


FORM = FormPiece(
    form="permit",
    item="permit",
    register="population",
    applicant="person.name",
    promise=label("真实"),
    steps=[
        Step(
            title=label("申请"),
            fields=[
                Field(element="person.name"),
                Field(element="person.born", required=False),
                Field(element="permit.purpose", ask="applicant"),
                Field(
                    element="permit.school",
                    ask="applicant",
                    when=When(element="permit.purpose", is_one_of=["school"]),
                ),
            ],
        )
    ],
)
WORDS = Words(
    {
        "person.name": element("person.name"),
        "person.born": element("person.born", type="date", length=None),
        "permit.purpose": element("permit.purpose", type="code", codelist="purposes"),
        "permit.school": element("permit.school", pattern="[A-Z]+"),
    },
    {"permit.purpose": PURPOSES},
    {"person.name": {"沈小梅": Text("沈家小妹", "young Shen")}},
)


def known(code: str, value: str) -> Fact:
    said = Said("police", Text("公安", "police"), value, batch=7, position=3, moment=datetime(2026, 3, 1))
    return Fact(code, "known", said)


FACTS = {"person.name": known("person.name", "沈小梅"), "person.born": Fact("person.born", "unknown")}


def answers(typed: dict[str, str], facts: dict[str, Fact] = FACTS) -> dict[str, str]:
    found = answered(asked(FORM, facts, typed, WORDS), typed)
    return {code: answer.value for code, answer in found.items()}


def test_what_is_typed_for_a_registers_key_is_one_that_is_there() -> None:
    home = FormPiece(
        "f", "i", "r", "home.place", [Step(label("s"), [Field("home.place", ask="applicant")])], label("p")
    )
    words = Words({"home.place": element("home.place", register="places")}, {}, {"home.place": {"1": Text("甲", "A")}})

    for typed, faults in (("1", []), ("2", ["home.place"])):
        [step] = asked(home, {}, {"home.place": typed}, words)
        assert [one.field.element for one in step.fields if fault_of(one)] == faults


def test_what_is_known_reads_by_its_code_list_or_by_the_register_whose_key_it_is() -> None:
    [step] = asked(FORM, FACTS, {"permit.purpose": "school"}, WORDS)

    assert [one.said.en for one in step.fields][:3] == ["young Shen", "", PURPOSES["school"].en]


def test_what_the_register_knows_is_taken_from_it_and_never_asked() -> None:
    assert answers({"permit.purpose": "job"}) == {"person.name": "沈小梅", "person.born": "", "permit.purpose": "job"}


def test_every_answer_keeps_who_said_it_and_where_it_came_from() -> None:
    found = answered(asked(FORM, FACTS, {"permit.purpose": "job"}, WORDS), {"permit.purpose": "job"})

    name, purpose = found["person.name"], found["permit.purpose"]
    assert (name.given, name.source, name.batch, name.position) == ("register", "police", 7, 3)
    assert (name.state, name.moment, str(name.title.zh)) == ("known", "2026-03-01T00:00:00", "公安")
    assert (purpose.given, purpose.source, purpose.state) == ("applicant", "", "")
    assert found["person.born"].state == "unknown"


@pytest.mark.parametrize("forged", ["沈大梅", "", " 沈小梅"])
def test_another_value_for_a_locked_field_is_a_forgery(forged: str) -> None:
    with pytest.raises(LockedField) as refused:
        answers({"permit.purpose": "job", "person.name": forged})

    assert refused.value.values == {"element": "person.name"}
    assert forged.strip() == "" or forged.strip() not in str(refused.value)


def test_the_same_value_for_a_locked_field_is_no_forgery() -> None:
    assert answers({"permit.purpose": "job", "person.name": "沈小梅"})["person.name"] == "沈小梅"


def test_a_condition_is_judged_here_and_a_hidden_field_is_neither_asked_nor_kept() -> None:
    assert "permit.school" not in answers({"permit.purpose": "job", "permit.school": "XX"})
    assert answers({"permit.purpose": "school", "permit.school": "ABC"})["permit.school"] == "ABC"
    with pytest.raises(Incomplete) as refused:
        answers({"permit.purpose": "school"})
    assert list(refused.value.faults) == ["permit.school"]


def test_a_hidden_field_shows_no_other_whatever_is_posted_for_it() -> None:
    chain = [
        Field(element="permit.purpose", ask="applicant"),
        Field(element="person.born", ask="applicant", when=When(element="permit.purpose", is_one_of=["school"])),
        Field(element="permit.school", ask="applicant", when=When(element="person.born", is_one_of=["2000-01-01"])),
    ]
    form = replace(FORM, steps=[Step(title=label("申请"), fields=chain)])
    typed = {"permit.purpose": "job", "person.born": "2000-01-01", "permit.school": "ABC"}

    assert list(answered(asked(form, {}, typed, WORDS), typed)) == ["permit.purpose"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, ["permit.purpose"]),
        ({"permit.purpose": "holiday"}, ["permit.purpose"]),
        ({"permit.purpose": "school", "permit.school": "abc"}, ["permit.school"]),
        ({"permit.purpose": "school", "permit.school": "A" * 21}, ["permit.school"]),
        ({"permit.purpose": "job", "person.born": "2026-02-30"}, ["person.born"]),
        ({"permit.purpose": "job", "person.born": "20260201"}, ["person.born"]),
        ({"person.born": "x"}, ["person.born", "permit.purpose"]),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(typed: dict[str, str], wrong: list[str]) -> None:
    with pytest.raises(Incomplete) as refused:
        answers(typed)

    assert list(refused.value.faults) == wrong


def test_what_nobody_knows_is_typed_where_it_must_be_given() -> None:
    facts = FACTS | {"person.name": Fact("person.name", "withheld")}

    with pytest.raises(Incomplete):
        answers({"permit.purpose": "job"}, facts)
    found = answered(
        asked(FORM, facts, {"permit.purpose": "job", "person.name": "沈"}, WORDS),
        {"permit.purpose": "job", "person.name": "沈"},
    )
    assert (found["person.name"].given, found["person.name"].state) == ("applicant", "withheld")


def test_the_code_of_a_page_changes_with_any_locked_value_and_with_nothing_else() -> None:
    code = seen(FORM, "sub1-A", FACTS)

    assert seen(FORM, "sub1-A", FACTS | {"person.born": Fact("person.born", "withheld")}) == code
    assert seen(FORM, "sub1-A", FACTS | {"person.name": known("person.name", "沈小妹")}) != code
    assert seen(FORM, "sub1-A", FACTS | {"person.born": known("person.born", "1990-01-01")}) != code
    assert seen(FORM, "sub1-B", FACTS) != code


@given(st.dictionaries(st.sampled_from(FORM.elements), st.text(max_size=30)))
def test_whatever_is_posted_the_locked_value_is_the_registers(typed: dict[str, str]) -> None:
    try:
        found = answers(typed)
    except (LockedField, Incomplete):
        return
    assert found["person.name"] == "沈小梅"
    assert found["permit.purpose"] in PURPOSES
