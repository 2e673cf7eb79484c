import pytest
from tests.packkit.grove import Grove

from gusu.packkit.load import check, load
from gusu.packkit.situations import situations
from gusu.packkit.skeleton import FolderTaken, write_skeleton


def test_a_new_pack_passes_check_as_it_is(grove: Grove) -> None:
    grove.write("foundation/trees.yaml", "")

    files = write_skeleton("mine", grove.folder, grove.rooms)

    packs = grove.load()
    assert (check(packs), situations(packs)) == ([], ([], []))
    assert [str(file.relative_to(grove.folder)) for file in files] == [
        "mine/pack.yaml",
        "mine/trees.yaml",
        "mine/tests/situations.yaml",
    ]


def test_the_skeleton_names_every_key_and_what_it_wants(grove: Grove) -> None:
    write_skeleton("mine", grove.folder, grove.rooms)

    lines = (grove.folder / "mine/trees.yaml").read_text(encoding="utf-8").splitlines()[1:]

    assert lines == [
        "# - code:   # required, text",
        "#   name:   # required, {zh, en}",
        "#   height:   # required, whole number",
        "#   near:   # optional, text",
        "#   king_of:   # optional, text",
        "#   branches:   # optional, a list of {code, length}",
    ]


def test_nothing_is_written_over(grove: Grove) -> None:
    write_skeleton("mine", grove.folder, grove.rooms)

    with pytest.raises(FolderTaken):
        write_skeleton("mine", grove.folder, grove.rooms)


def test_a_skeleton_alone_misses_only_the_pack_it_needs(grove: Grove) -> None:
    write_skeleton("mine", grove.folder, grove.rooms)

    packs = load(grove.rooms, paths=[grove.folder / "mine"])

    assert grove.said(check(packs)) == ["mine/pack.yaml:5: unknown pack 'foundation'"]
