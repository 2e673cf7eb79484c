import pytest
from tests.packkit.grove import Grove, TreePiece, Trees

from gusu.kernel.actor import Actor, house
from gusu.kernel.errors import NotAllowed
from gusu.kernel.ownership import actions as ownership
from gusu.kernel.ownership.models import PackPiece
from gusu.kernel.packs import Label
from gusu.packkit.apply import PackNotKept, PacksHaveProblems, apply, plan

pytestmark = pytest.mark.django_db

BY = house("test")
OAK = "- code: oak\n  name: {zh: 橡, en: Oak}\n  height: 20\n"
ELM = "- code: elm\n  name: {zh: 榆, en: Elm}\n  height: 9\n"


def test_apply_keeps_what_is_declared_and_a_second_apply_writes_nothing(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK + ELM)

    first = apply(grove.load(), by=BY)
    rows = list(PackPiece.objects.order_by("key").values())
    second = apply(grove.load(), by=BY)

    assert (first.counts["new"], second.to_do) == (2, [])
    assert grove.trees.writes == [["oak", "elm"]]
    assert list(PackPiece.objects.order_by("key").values()) == rows


def test_only_what_differs_is_written(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK + ELM)
    apply(grove.load(), by=BY)

    grove.write("park/trees.yaml", OAK + ELM.replace("9", "10"))
    apply(grove.load(), by=BY)

    assert grove.trees.writes == [["oak", "elm"], ["elm"]]
    assert grove.trees.standing["elm"].height == 10


def test_a_piece_no_longer_declared_is_retired_and_forgotten_by_its_pack(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK + ELM)
    apply(grove.load(), by=BY)

    grove.write("park/trees.yaml", OAK)
    apply(grove.load(), by=BY)

    assert grove.trees.felled == ["elm"]
    assert list(PackPiece.objects.values_list("key", flat=True)) == ["oak"]
    assert plan(grove.load()).to_do == []


def test_drift_is_put_back(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)
    apply(grove.load(), by=BY)
    grove.trees.standing["oak"] = TreePiece("oak", Label("橡", "Oak"), 99)

    done = apply(grove.load(), by=BY)

    assert done.counts["drift"] == 1
    assert grove.trees.standing["oak"].height == 20


def test_an_adopted_piece_is_the_citys_own(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)
    apply(grove.load(), by=BY)
    ownership.adopt("trees", "oak", by=Actor("official", permissions=frozenset({"packs.adopt"})))
    grove.trees.standing["oak"] = TreePiece("oak", Label("橡", "Oak"), 99)

    grove.write("park/trees.yaml", "")
    done = apply(grove.load(), by=BY)

    assert done.counts["adopted"] == 1
    assert grove.trees.standing["oak"].height == 99


def test_packs_with_a_problem_change_nothing(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK + "- code: elm\n")

    with pytest.raises(PacksHaveProblems) as refused:
        apply(grove.load(), by=BY)

    assert grove.said(refused.value.findings) == [
        "park/trees.yaml:4: 'height' is missing",
        "park/trees.yaml:4: 'name' is missing",
    ]
    assert grove.trees.writes == []


def test_a_room_that_does_not_keep_what_it_is_given_undoes_the_whole_apply(
    grove: Grove, monkeypatch: pytest.MonkeyPatch
) -> None:
    grove.write("park/trees.yaml", OAK)
    monkeypatch.setattr(Trees, "apply", lambda self, pieces, by: None)

    with pytest.raises(PackNotKept, match="trees/oak"):
        apply(grove.load(), by=BY)

    assert not PackPiece.objects.exists()


def test_nobody_applies_packs_without_the_permission(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)

    with pytest.raises(NotAllowed):
        apply(grove.load(), by=Actor("official"))

    assert grove.trees.writes == []
