from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.packkit.grove import Branch, TreePiece, Trees

from gusu.kernel.ownership.queries import Owned
from gusu.kernel.packs import Label
from gusu.packkit.load import Declared
from gusu.packkit.plan import Difference, Kind, Line, built, differences, plan_section
from gusu.packkit.source import Source

OAK = TreePiece("oak", Label("橡", "Oak"), 20)
TALLER = TreePiece("oak", Label("橡", "Oak"), 30)
OTHER = TreePiece("oak", Label("栎", "Oak"), 20)


def declared(*pieces: TreePiece) -> Mapping[str, Declared]:
    return {piece.code: Declared("park", "trees", piece.code, piece, Source(Path("x")), ()) for piece in pieces}


def owned(piece: TreePiece, *, adopted: bool = False, pack: str = "park") -> dict[str, Owned]:
    return {piece.code: Owned(pack, built(piece) or {}, adopted)}


def planned(says: Mapping[str, Declared], kept: TreePiece | None, was: Mapping[str, Owned]) -> Line:
    [line] = plan_section(Trees(), says, {kept.code: kept} if kept else {}, was, {"park"})
    return line


def test_a_piece_the_city_does_not_have_is_new() -> None:
    assert planned(declared(OAK), None, {}).kind is Kind.NEW


def test_a_piece_applied_before_and_kept_as_it_was_is_unchanged() -> None:
    line = planned(declared(OAK), OAK, owned(OAK))

    assert (line.kind, line.changes) == (Kind.UNCHANGED, ())


def test_what_the_pack_says_anew_is_a_change_field_by_field() -> None:
    line = planned(declared(TALLER), OAK, owned(OAK))

    assert (line.kind, line.changes) == (Kind.CHANGED, (Difference("height", 20, 30),))


def test_what_somebody_changed_in_the_city_is_drift() -> None:
    line = planned(declared(OAK), OTHER, owned(OAK))

    assert line.kind is Kind.DRIFT
    assert line.drifted == (Difference("name.zh", "橡", "栎"),)
    assert line.changes == (Difference("name.zh", "栎", "橡"),)


def test_what_somebody_took_away_in_the_city_is_drift() -> None:
    assert planned(declared(OAK), None, owned(OAK)).kind is Kind.DRIFT


def test_what_the_city_had_by_itself_is_taken_over_as_a_change() -> None:
    line = planned(declared(OAK), OAK, {})

    assert (line.kind, line.changes) == (Kind.CHANGED, ())


def test_an_adopted_piece_is_left_alone_whatever_the_pack_says() -> None:
    assert planned(declared(TALLER), OTHER, owned(OAK, adopted=True)).kind is Kind.ADOPTED
    assert planned({}, OTHER, owned(OAK, adopted=True)).kind is Kind.ADOPTED


def test_what_no_pack_declares_any_longer_is_retired() -> None:
    assert planned({}, OAK, owned(OAK)).kind is Kind.RETIRED


def test_a_pack_that_is_not_here_keeps_what_it_applied() -> None:
    assert list(plan_section(Trees(), {}, {"oak": OAK}, owned(OAK, pack="elsewhere"), {"park"})) == []


def test_a_piece_that_moves_to_another_pack_changes_its_owner() -> None:
    assert planned(declared(OAK), OAK, owned(OAK, pack="wood")).kind is Kind.CHANGED


def test_a_schema_that_grew_a_field_with_a_default_changes_nothing() -> None:
    before = {key: value for key, value in (built(OAK) or {}).items() if key != "branches"}

    assert planned(declared(OAK), OAK, {"oak": Owned("park", before)}).kind is Kind.UNCHANGED


def test_a_schema_that_moved_too_far_makes_a_change_not_a_crash() -> None:
    assert planned(declared(OAK), OAK, {"oak": Owned("park", {"species": "quercus"})}).kind is Kind.CHANGED


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ((Branch("a"), Branch("b")), (Branch("a"), Branch("b", 2)), ["branches[1].length"]),
        ((Branch("a"),), (Branch("a"), Branch("b")), ["branches"]),
    ],
)
def test_lists_differ_item_by_item_when_they_have_as_many(
    old: tuple[Branch, ...], new: tuple[Branch, ...], paths: list[str]
) -> None:
    before, after = (TreePiece("oak", OAK.name, 20, branches=branches) for branches in (old, new))

    assert [one.path for one in differences(built(before), built(after))] == paths
