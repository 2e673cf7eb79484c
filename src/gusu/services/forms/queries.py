"""What can be asked of forms; and what they ask, with everything the registers know already filled in."""

from collections.abc import Mapping
from dataclasses import dataclass

from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements, labels_by_element
from gusu.resources.registers.queries import names_in_registers
from gusu.resources.subjects.queries import Fact, facts_about
from gusu.services.forms.answers import (
    Answer,
    Answers,
    Asked,
    AskedStep,
    Incomplete,
    LockedField,
    RegisterChanged,
    Typed,
    Words,
    answered,
    asked,
    fault_of,
    seen,
)
from gusu.services.forms.models import FormVersion
from gusu.services.forms.spec import Field, FormPiece, read
from gusu.services.versions import declaration_of, in_force

__all__ = [
    "PREFILL",
    "Answer",
    "Answers",
    "Asked",
    "AskedStep",
    "Field",
    "FormPiece",
    "FormVersion",
    "Incomplete",
    "LockedField",
    "RegisterChanged",
    "Typed",
    "Words",
    "answered",
    "asked",
    "declarations",
    "fault_of",
    "form_at",
    "form_of",
    "forms_in_force",
    "is_offered",
    "prefilled",
    "seen",
    "typed_only",
    "words_of",
]
PREFILL = "form_prefill"


@dataclass(frozen=True, slots=True)
class Form:
    """A version of a form. pk: what a case pins."""

    pk: int
    number: int
    piece: FormPiece


def form_of(item: str) -> Form:
    """The form of a service item as it is asked today; NotFound: the item is not applied for online."""
    found = FormVersion.objects.filter(item=item, until_at=None).first()
    if found is None:
        raise NotFound(kind=Text("在线表单", "online form"), key=item)
    return _form(found)


def form_at(version: int) -> FormPiece:
    """The form as a case has pinned it."""
    return read(declaration_of(FormVersion, version))


def is_offered(item: str) -> bool:
    """Whether the item can be applied for online."""
    return FormVersion.objects.filter(item=item, until_at=None).exists()


def forms_in_force() -> set[str]:
    """Short names of the items that can be applied for online."""
    return set(FormVersion.objects.filter(until_at=None).values_list("item", flat=True))


def prefilled(piece: FormPiece, subject: str, *, by: Actor) -> dict[str, Fact]:
    """What the register knows of everything the form asks of it: one call, one line in the trail.

    by: who asks, with the organisation whose grants decide what may be known.
    """
    wanted = [field.element for field in piece.fields if field.ask == "register"]
    return facts_about(piece.register, subject, wanted, purpose=PREFILL, by=by)


def words_of(piece: FormPiece, facts: Mapping[str, Fact] | None = None) -> Words:
    """What the form's elements are. facts: where given, how people read what the register knows is left out."""
    every = elements(piece.elements)
    told = {code for code, fact in (facts or {}).items() if fact.value}
    return Words(every, labels_by_element(code for code in every if code not in told), names_in_registers(every))


def declarations() -> dict[str, FormPiece]:
    return {name: read(text) for name, text in in_force(FormVersion).items()}


def typed_only(answers: Mapping[str, Answer]) -> dict[str, str]:
    """What the applicant typed, out of what was handed in: to begin a correction with."""
    return {code: answer.value for code, answer in answers.items() if answer.given == "applicant"}


def _form(row: FormVersion) -> Form:
    return Form(row.pk, row.number, read(row.declaration))
