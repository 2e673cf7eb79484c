"""Rules that follow from an entry and its data elements: said once there, shown and asked like any other."""

from pathlib import Path

import pytest
from tests.resources.road import BY, check, declare, receive, rule

from gusu.kernel.packs import Label
from gusu.kernel.vocabulary.pack import CodeListPiece, CodeLists, CodePiece, ElementPiece, Elements
from gusu.resources.catalogue.models import Entry
from gusu.resources.quality.kinds import Format, InList, Present
from gusu.resources.quality.queries import quarantine, rules_of

pytestmark = pytest.mark.django_db
LABEL = Label("词", "Word")
NUMBER = "11010119900307109X"  # made up: the check digit is right, the sequence is nobody's that we know


@pytest.fixture(autouse=True)
def words() -> None:
    """An element of each form, named as `road.declare` names those of its items."""
    CodeLists().apply([CodeListPiece("person.sort", LABEL, (CodePiece("1", LABEL), CodePiece("2", LABEL)))], by=BY)
    Elements().apply(
        [
            ElementPiece("person.no", LABEL, "text", 4, length=18, pattern="[0-9]{17}[0-9X]", form="resident_number"),
            ElementPiece("person.name", LABEL, "text", 2, length=9, form="person_name"),
            ElementPiece("person.sort", LABEL, "code", 2, codelist="person.sort", form="code"),
            ElementPiece("person.born", LABEL, "date", 3, form="date"),
            ElementPiece("person.seen", LABEL, "moment", 1, form="date"),
            ElementPiece("person.phone", LABEL, "text", 3, pattern="[0-9]+", form="digits"),
            ElementPiece("person.zip", LABEL, "text", 1, length=6, pattern="[0-9]{6}"),
            ElementPiece("person.age", LABEL, "integer", 1),
        ],
        by=BY,
    )


def codes(resource: str = "people") -> list[str]:
    return [one.code.removeprefix(f"{resource}.") for one in rules_of(resource)]


def test_each_form_type_and_list_has_its_rules() -> None:
    declare(["no", "name", "sort", "born", "seen", "phone", "zip", "age", "unheard_of"], key="zip")

    assert codes() == [
        "age.length",
        "age.type",
        "born.date",
        "name.form",
        "name.looks",
        "no.fifteen_digits",
        "no.number",
        "no.plain",
        "phone.looks",
        "phone.plain",
        "seen.moment",
        "sort.code",
        "sort.length",
        "zip.length",
        "zip.once",
        "zip.pattern",
    ]


def test_a_required_item_must_be_there() -> None:
    declare(["zip"])
    Entry.objects.update(items=[item | {"required": True} for item in Entry.objects.get().items])

    [required] = [one for one in rules_of("people") if one.code == "people.zip.required"]

    assert (required.dimension, required.severity, required.element) == ("complete", "quarantine", "zip")
    assert (required.title_zh, required.title_en) == ("zip不为空", "zip is there")


def test_a_packs_rule_of_the_same_concern_takes_the_place_of_the_derived_one() -> None:
    declare(["zip", "sort"])
    rule("people.zip_form", Format("zip", "[0-9]+"), element="zip")
    rule("people.sorts", InList("sort", ["1"]), element="sort")
    rule("people.there", Present(["zip"]), element="zip")

    assert codes() == ["sort.length", "sorts", "there", "zip.length", "zip_form"]


def test_a_batch_is_held_to_them_and_what_is_found_is_told_by_their_codes(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "no,name,sort,born,zip\n"
        f"{NUMBER},沈小梅,1,1990-03-07,215000\n"
        f"{NUMBER[:-1]}1,沈小梅,3,1990-02-30,21500\n"
        f"110101900307109,沈 小梅, 2 ,昨天,215000\n"
        f",12,,,\n",
        encoding="utf-8",
    )

    batch = check(receive(declare(["no", "name", "sort", "born", "zip"], key="no"), tmp_path / "x.csv"))

    failed = {result.rule: result.samples for result in batch.checked.results.filter(failed__gt=0)}
    assert failed == {
        "people.no.number": [3],
        "people.no.fifteen_digits": [4],
        "people.name.form": [4],
        "people.name.looks": [5],
        "people.sort.code": [3],
        "people.born.date": [3, 4],
        "people.zip.pattern": [3],
    }
    assert [(row.position, row.rule) for row in quarantine(batch)] == [(3, "people.no.number")]
