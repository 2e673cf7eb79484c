import pytest

from gusu.kernel.actor import Actor, house
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.ownership.actions import (
    Applied,
    PackOwned,
    adopt,
    forget,
    record_applied,
    refuse_if_pack_owned,
)
from gusu.kernel.ownership.models import PackPiece
from gusu.kernel.ownership.queries import is_pack_owned, owned_in, owner_of, pack_owned, packs_applied

pytestmark = pytest.mark.django_db

BY = Actor("official", permissions=frozenset({"packs.adopt"}))


@pytest.fixture(autouse=True)
def _applied() -> None:
    record_applied([Applied("trees", "oak", "park", {"height": 20}), Applied("trees", "elm", "park", {"height": 9})])


def test_what_a_pack_keeps_is_refused_to_editors_until_it_is_adopted() -> None:
    with pytest.raises(PackOwned) as refused:
        refuse_if_pack_owned("trees", "oak")
    assert refused.value.values == {"key": "oak", "pack": "park"}

    adopt("trees", "oak", by=BY)

    refuse_if_pack_owned("trees", "oak")
    assert (is_pack_owned("trees", "oak"), owner_of("trees", "oak")) == (False, "park")


def test_what_the_city_made_itself_is_its_own() -> None:
    assert (is_pack_owned("trees", "ash"), owner_of("trees", "ash")) == (False, None)


def test_adopting_twice_is_as_once() -> None:
    first = adopt("trees", "oak", by=BY).adopted_at

    assert adopt("trees", "oak", by=BY).adopted_at == first


def test_adopting_needs_the_permission_and_something_to_adopt() -> None:
    with pytest.raises(NotAllowed):
        adopt("trees", "oak", by=Actor("official"))
    with pytest.raises(NotFound):
        adopt("trees", "ash", by=house("test"))


def test_a_list_page_asks_once_for_all_its_rows() -> None:
    adopt("trees", "oak", by=BY)

    assert pack_owned("trees", ["oak", "elm", "ash"]) == {"elm"}


def test_recording_again_replaces_what_was_applied_and_keeps_the_adoption() -> None:
    adopt("trees", "oak", by=BY)

    record_applied([Applied("trees", "oak", "wood", {"height": 21})])

    assert {key: (one.pack, one.applied, one.adopted) for key, one in owned_in("trees").items()} == {
        "elm": ("park", {"height": 9}, False),
        "oak": ("wood", {"height": 21}, True),
    }
    assert packs_applied() == {"park": 1, "wood": 1}


def test_what_is_forgotten_has_no_owner() -> None:
    forget("trees", ["oak"])

    assert list(PackPiece.objects.values_list("key", flat=True)) == ["elm"]
