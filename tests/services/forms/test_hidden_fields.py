"""What is hidden by its condition does not exist: it is not required, not kept, and shows nothing after it."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.services.cases import office
from tests.services.forms.test_answers import element, known, label

from gusu.resources.subjects.facts import Fact
from gusu.services.cases import queries
from gusu.services.cases.models import State
from gusu.services.forms.actions import write_forms
from gusu.services.forms.answers import Incomplete, Words, answered, asked
from gusu.services.forms.spec import Field, FormPiece, Step, When

CODES = [f"form.e{place}" for place in range(6)]
VALUES = ["a", "b", ""]
ELEMENTS = {code: element(code, pattern="[a-z]+") for code in CODES}
WORDS = Words(ELEMENTS, {}, {})
WRONG = "1"  # for every element: not in its form


def form(*fields: Field, steps: int = 1) -> FormPiece:
    """steps: over how many steps they are spread."""
    each = -(-len(fields) // steps)
    spread = [list(fields[begin : begin + each]) for begin in range(0, len(fields), each)]
    return FormPiece("f", "i", "r", "form.e0", [Step(label("步"), some) for some in spread], label("真实"))


def handed_in(piece: FormPiece, typed: Mapping[str, str], facts: Mapping[str, Fact] | None = None) -> dict[str, str]:
    found = answered(asked(piece, facts or {}, typed, WORDS), typed)
    return {code: answer.value for code, answer in found.items()}


CHAIN = form(
    Field(CODES[0], ask="applicant"),
    Field(CODES[1], ask="applicant", when=When(CODES[0], ["a"])),
    Field(CODES[2], ask="applicant", when=When(CODES[1], ["a"])),
    Field(CODES[3], ask="applicant", when=When(CODES[2], ["a"])),
    steps=2,
)


@pytest.mark.parametrize(
    "posted", ["a", "b", WRONG, "a" * 600, ""], ids=["shows", "else", "wrong", "too long", "empty"]
)
def test_whatever_is_posted_for_a_hidden_field_it_is_neither_required_nor_kept(posted: str) -> None:
    assert handed_in(CHAIN, {CODES[0]: "b", CODES[1]: posted}) == {CODES[0]: "b"}


def test_what_depends_on_a_hidden_field_is_hidden_however_far_away() -> None:
    typed = dict.fromkeys(CODES[1:4], "a") | {CODES[0]: "b"}

    assert handed_in(CHAIN, typed) == {CODES[0]: "b"}


def test_shown_again_it_is_required_and_kept_and_shows_what_is_after_it() -> None:
    with pytest.raises(Incomplete) as refused:
        handed_in(CHAIN, {CODES[0]: "a"})
    assert list(refused.value.faults) == [CODES[1]]

    typed = dict.fromkeys(CODES[:4], "a")
    assert handed_in(CHAIN, typed) == typed


def test_what_the_register_knows_of_a_hidden_field_is_not_kept_and_shows_nothing() -> None:
    piece = form(
        Field(CODES[0], ask="applicant"),
        Field(CODES[1], when=When(CODES[0], ["a"])),
        Field(CODES[2], ask="applicant", when=When(CODES[1], ["a"])),
    )
    facts = {CODES[1]: known(CODES[1], "a")}

    assert handed_in(piece, {CODES[0]: "b", CODES[2]: "a"}, facts) == {CODES[0]: "b"}
    assert handed_in(piece, {CODES[0]: "a", CODES[2]: "a"}, facts) == dict.fromkeys(CODES[:3], "a")


@st.composite
def forms(draw: st.DrawFn) -> FormPiece:
    fields = [Field(CODES[0], ask="applicant", required=draw(st.booleans()))]
    for place in range(1, len(CODES)):
        on = st.builds(When, st.sampled_from(CODES[:place]), st.lists(st.sampled_from("ab"), min_size=1, max_size=2))
        fields.append(Field(CODES[place], ask="applicant", required=draw(st.booleans()), when=draw(st.none() | on)))
    return form(*fields, steps=draw(st.integers(1, 3)))


def shown_in(piece: FormPiece, typed: Mapping[str, str]) -> set[str]:
    """Which fields are there, asked backwards: a field is, where everything that it hangs on is and has the value."""
    by_code = {field.element: field for field in piece.fields}

    def is_there(code: str) -> bool:
        when = by_code[code].when
        return when is None or (is_there(when.element) and typed.get(when.element, "") in when.is_one_of)

    return {code for code in by_code if is_there(code)}


@given(forms(), st.dictionaries(st.sampled_from(CODES), st.sampled_from([*VALUES, WRONG])))
def test_of_any_form_and_whatever_is_posted_only_what_is_shown_is_asked_and_kept(
    piece: FormPiece, typed: dict[str, str]
) -> None:
    shown, required = shown_in(piece, typed), {field.element for field in piece.fields if field.required}
    missing = {code for code in shown & required if not typed.get(code)}
    wrong = {code for code in shown if typed.get(code) == WRONG}
    if faults := missing | wrong:
        with pytest.raises(Incomplete) as refused:
            handed_in(piece, typed)
        assert set(refused.value.faults) == faults
    else:
        kept = {code: typed.get(code, "") for code in piece.elements if code in shown}
        assert handed_in(piece, typed) == kept


def test_a_case_keeps_nothing_of_what_was_posted_for_a_hidden_field(db: None) -> None:
    office.found_office()
    name = Field("person.name", ask="applicant", when=When("bicycle.colour", ["blue"]))
    steps = [Step(label("车"), [Field("bicycle.colour", ask="applicant"), name])]
    write_forms([replace(office.FORM, steps=steps)])

    case = office.submitted(typed={"bicycle.colour": "red", "person.name": "林" * 61})

    assert (case.state, case.applicant_name) == (State.SUBMITTED, "")
    assert list(queries.handed_in(case, by=office.OFFICER)) == ["bicycle.colour"]
    assert (case.answers.count(), queries.typed_so_far(case)) == (1, {})
