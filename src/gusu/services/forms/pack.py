"""What a pack may say about forms: `forms/*.yaml`, one form a file."""

from collections.abc import Iterable

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Problem, Section
from gusu.services.forms import actions, queries
from gusu.services.forms.spec import FormPiece


class Forms(Section[FormPiece]):
    name = "forms"
    schema = FormPiece
    needs = ("items", "subjects", "elements")

    def key(self, piece: FormPiece) -> str:
        return piece.form

    def offers(self, piece: FormPiece) -> Iterable[str]:
        return piece.elements

    def only_one_for(self, piece: FormPiece) -> str:
        return piece.item

    def check(self, piece: FormPiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("items", piece.item, at=("item",))
        yield from known.missing("subjects", piece.register, at=("register",))
        yield from known.missing_in("subjects", piece.register, piece.applicant, at=("applicant",))
        before: set[str] = set()
        for number, step in enumerate(piece.steps):
            for place, field in enumerate(step.fields):
                at = ("steps", number, "fields", place)
                yield from known.missing("elements", field.element, at=(*at, "element"))
                if field.ask == "register":
                    yield from known.missing_in("subjects", piece.register, field.element, at=(*at, "element"))
                if field.element in before:
                    yield Problem("同一数据元只问一次", "an element is asked once", (*at, "element"))
                if field.when and field.when.element not in before:
                    yield Problem(
                        "条件只能引用前面的字段", "a condition refers to a field before it", (*at, "when", "element")
                    )
                before.add(field.element)

    def kept(self) -> dict[str, FormPiece]:
        return queries.declarations()

    def apply(self, pieces: list[FormPiece], *, by: Actor) -> None:
        actions.write_forms(pieces)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.end_forms(keys)


SECTIONS = [Forms()]
