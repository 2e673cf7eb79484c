import pytest

from gusu.kernel.actor import house
from gusu.kernel.packs import Label
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.models import DataElement
from gusu.kernel.vocabulary.pack import CodeListPiece, CodeLists, CodePiece, ElementPiece, Elements
from gusu.kernel.vocabulary.queries import code_labels, codes_in_force, elements, labels_of

pytestmark = pytest.mark.django_db

BY = house("test")
MALE, FEMALE = CodePiece("1", Label("男", "Male")), CodePiece("2", Label("女", "Female"))
SEX = CodeListPiece("person.sex", Label("性别", "Sex"), (MALE, FEMALE), "GB/T 2261.1-2003")
ELEMENT = ElementPiece(
    "person.sex",
    Label("性别", "Sex"),
    "code",
    2,
    codelist="person.sex",
    standard="GB/T 2261.1-2003",
    meaning=Label("登记的性别", "As registered"),
)
NAME = ElementPiece("person.name", Label("姓名", "Name"), "text", 2, length=100, pattern=".+")


def declare() -> None:
    CodeLists().apply([SEX], by=BY)
    Elements().apply([ELEMENT, NAME], by=BY)


def test_what_is_declared_is_kept_as_declared() -> None:
    declare()

    assert CodeLists().kept() == {"person.sex": SEX}
    assert Elements().kept() == {"person.name": NAME, "person.sex": ELEMENT}


def test_elements_are_asked_for_in_bulk(django_assert_num_queries: object) -> None:
    declare()

    with django_assert_num_queries(1):  # type: ignore[operator]
        found = elements(["person.name", "person.sex", "person.unheard"])

    assert {code: (one.label, one.grade, one.codelist) for code, one in found.items()} == {
        "person.name": (Text("姓名", "Name"), 2, None),
        "person.sex": (Text("性别", "Sex"), 2, "person.sex"),
    }


def test_a_code_left_out_is_retired_but_old_records_still_have_its_label() -> None:
    declare()
    without_male = CodeListPiece("person.sex", SEX.label, (FEMALE,), SEX.standard)

    CodeLists().apply([without_male], by=BY)

    assert CodeLists().kept() == {"person.sex": without_male}
    assert codes_in_force("person.sex") == ["2"]
    assert list(labels_of("person.sex")) == ["2", "1"]


def test_the_labels_of_many_elements_take_one_query(django_assert_num_queries: object) -> None:
    declare()

    with django_assert_num_queries(1):  # type: ignore[operator]
        labels = code_labels(["person.name", "person.sex"])

    assert labels == {"1": Text("男", "Male"), "2": Text("女", "Female")}


def test_a_code_that_comes_back_is_in_force_again() -> None:
    declare()
    CodeLists().apply([CodeListPiece("person.sex", SEX.label, (), SEX.standard)], by=BY)

    CodeLists().apply([SEX], by=BY)

    assert CodeLists().kept() == {"person.sex": SEX}


def test_a_retired_element_is_out_of_force_and_not_deleted() -> None:
    declare()

    Elements().retire(["person.name"], by=BY)

    assert list(elements()) == ["person.sex"]
    assert DataElement.objects.count() == 2

    Elements().apply([NAME], by=BY)
    assert list(elements()) == ["person.name", "person.sex"]
