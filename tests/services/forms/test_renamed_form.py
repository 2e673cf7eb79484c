"""A pack gives its item's form another name: the item has one form, and what was begun by the former goes on by it."""

from dataclasses import replace

import msgspec
import pytest
from tests.services.cases import office

from gusu.kernel.actor import Actor, house
from gusu.packkit.apply import apply
from gusu.packkit.load import Packs, check, load
from gusu.packkit.rooms import gather
from gusu.services.cases import actions, queries
from gusu.services.cases.models import Case, State
from gusu.services.forms import queries as forms
from gusu.services.forms.models import FormVersion
from gusu.services.forms.spec import Field, FormPiece
from gusu.site.wiring import PACK_ROOMS

BY = house("tests")
ITEM, FORMER, NEW = "senior_citizen_card", "senior_citizen_card", "card_of_a_senior"
TYPED = {"person.name": "林小舟", "person.id_number": "320508195001010012", "person.birth_date": "1950-01-01"}
DROPPED = "person.household_state"
FIRST, SECOND = office.citizen(1), office.citizen(2)


@pytest.fixture(autouse=True)
def city(db: None) -> None:
    """The city's own packs, whose register nobody delivered to: every field is typed."""
    apply(packs(), by=BY)


def packs(form: str = FORMER, *, without: str = "") -> Packs:
    """The city's packs, in which the item's form has this name. without: an element it no longer asks."""
    found = load(gather(PACK_ROOMS))
    pack = found.packs["citizen_services"]
    pack.declared = [
        replace(one, key=form, piece=renamed(one.piece, form, without))
        if isinstance(one.piece, FormPiece) and one.piece.item == ITEM
        else one
        for one in pack.declared
    ]
    assert check(found) == []
    return found


def renamed(piece: FormPiece, form: str, without: str) -> FormPiece:
    def kept(fields: list[Field]) -> list[Field]:
        return [field for field in fields if field.element != without]

    steps = [msgspec.structs.replace(step, fields=kept(step.fields)) for step in piece.steps]
    return msgspec.structs.replace(piece, form=form, steps=steps)


def begun(by: Actor) -> Case:
    return actions.save_case(actions.open_case(ITEM, subject=by.subject, by=by), TYPED, by=by)


def versions() -> list[tuple[str, int, bool]]:
    """(name, number, whether it is in force) of the item's forms, in the order they were declared."""
    rows = FormVersion.objects.filter(item=ITEM).order_by("pk")
    return [(row.name, row.number, row.until_at is None) for row in rows]


def form_by_which(case: Case) -> tuple[str, bool]:
    """Its name, and whether it asks what the former one asked."""
    piece = queries.pinned(case).form
    return piece.form, DROPPED in piece.elements


def test_a_renamed_form_takes_the_place_of_the_former_which_ends_at_that_moment() -> None:
    others = forms.forms_in_force()

    apply(packs(NEW), by=BY)

    assert versions() == [(FORMER, 1, False), (NEW, 1, True)]
    former, new = FormVersion.objects.filter(item=ITEM).order_by("pk")
    assert former.until_at == new.from_at
    assert (forms.form_of(ITEM).piece.form, forms.form_of(ITEM).pk) == (NEW, new.pk)
    assert forms.forms_in_force() == others  # every item still has its own
    assert (FORMER in forms.declarations(), NEW in forms.declarations()) == (False, True)


def test_applied_again_nothing_more_is_declared() -> None:
    apply(packs(NEW), by=BY)
    before = list(FormVersion.objects.order_by("pk").values())

    done = apply(packs(NEW), by=BY)

    assert (done.to_do, list(FormVersion.objects.order_by("pk").values())) == ([], before)


def test_a_draft_keeps_the_form_it_was_begun_by_and_is_handed_in_by_it() -> None:
    draft = begun(FIRST)
    pinned = draft.form_version_id

    apply(packs(NEW, without=DROPPED), by=BY)
    again, fresh = begun(FIRST), begun(SECOND)
    handed_in = office.handed_in(again, TYPED, by=FIRST)

    assert (again.pk, handed_in.form_version_id) == (draft.pk, pinned)
    assert [form_by_which(case) for case in (handed_in, fresh)] == [(FORMER, True), (NEW, False)]
    assert (handed_in.state, queries.typed_so_far(fresh)) == (State.SUBMITTED, TYPED)
    assert DROPPED in queries.handed_in(handed_in, by=FIRST)


def test_renamed_back_it_is_a_further_version_of_the_former_name() -> None:
    draft = begun(FIRST)
    apply(packs(NEW), by=BY)
    renamed_draft = begun(SECOND)

    apply(packs(FORMER), by=BY)

    assert versions() == [(FORMER, 1, False), (NEW, 1, False), (FORMER, 2, True)]
    assert [form_by_which(case)[0] for case in (draft, renamed_draft)] == [FORMER, NEW]
    assert begun(office.citizen(3)).form_version_id == forms.form_of(ITEM).pk
