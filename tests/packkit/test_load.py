import pytest
from tests.packkit.grove import Grove, TreePiece

from gusu.kernel.packs import pack_folder
from gusu.packkit.load import NoPackNamedSo, PacksFolderMissing, check, load

OAK = "- code: oak\n  name: {zh: 橡, en: Oak}\n  height: 20\n"


def test_a_pack_is_read_from_files_and_folders(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)
    grove.write("wood/trees/elm.yaml", "code: elm\nname: {zh: 榆, en: Elm}\nheight: 9\n")

    packs = grove.load()

    assert check(packs) == []
    assert {key: one.pack for key, one in packs.declared("trees").items()} == {"oak": "park", "elm": "wood"}


def test_a_number_is_text_as_written_where_the_schema_wants_text(grove: Grove) -> None:
    grove.write("park/trees.yaml", "- code: 320508\n  name: {zh: 1.50, en: 007}\n  height: 20\n")

    packs = grove.load()

    assert check(packs) == []
    piece = packs.declared("trees")["320508"].piece
    assert isinstance(piece, TreePiece)
    assert (piece.code, piece.name.zh, piece.name.en, piece.height) == ("320508", "1.50", "007", 20)


def test_all_problems_are_reported_at_once_with_file_line_and_the_nearest_key(grove: Grove) -> None:
    grove.write(
        "park/trees.yaml",
        "- code: oak\n"
        "  nmae: {zh: 橡, en: Oak}\n"
        "  height: tall\n"
        "  branches:\n"
        "    - {code: left, lenght: 2}\n"
        "    - {length: long}\n"
        "- code: elm\n"
        "  name: {zh: 榆, en: ''}\n"
        "  height: 9\n"
        "  zzz: 1\n",
    )
    grove.write("park/treees.yaml", OAK)

    assert grove.said(check(grove.load())) == [
        "park/treees.yaml:1: unknown section 'treees'; did you mean 'trees'?",
        "park/trees.yaml:1: 'name' is missing",
        "park/trees.yaml:2: unknown key 'nmae'; did you mean 'name'?",
        "park/trees.yaml:3: 'height': should be a whole number, but is text",
        "park/trees.yaml:5: unknown key 'lenght'; did you mean 'length'?",
        "park/trees.yaml:6: 'length': should be a whole number, but is text",
        "park/trees.yaml:6: 'code' is missing",
        "park/trees.yaml:8: 'en': must not be empty",
        "park/trees.yaml:10: unknown key 'zzz'",
    ]


def test_a_problem_is_said_in_both_languages(grove: Grove) -> None:
    file = grove.write("park/trees.yaml", "- code: oak\n  name: {zh: 橡, en: Oak}\n  hieght: 2\n  height: 2\n")

    [finding] = check(grove.load())

    assert str(finding) == (
        f"{file}:3: 不认识的键“hieght”，是不是“height”？\n    unknown key 'hieght'; did you mean 'height'?"
    )


def test_a_reference_to_nothing_is_found_with_its_line_and_the_nearest_key(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK + "- code: elm\n  name: {zh: 榆, en: Elm}\n  height: 9\n  near: oka\n")

    assert grove.said(check(grove.load())) == ["park/trees.yaml:7: unknown trees entry 'oka'; did you mean 'oak'?"]


def test_a_pack_refers_only_to_itself_and_what_it_needs(grove: Grove) -> None:
    near = "- code: elm\n  name: {zh: 榆, en: Elm}\n  height: 9\n  near: oak\n"
    grove.write("park/trees.yaml", OAK)
    grove.write("wood/trees.yaml", near)
    [said] = grove.said(check(grove.load()))
    assert said == (
        "wood/trees.yaml:4: unknown trees entry 'oak': the pack 'park' declares it; add park to `needs` in pack.yaml"
    )
    assert grove.said(check(grove.load("wood"))) == [said]  # also where only the one pack is looked at

    grove.write("wood/pack.yaml", (grove.folder / "wood/pack.yaml").read_text().replace("[]", "[park]"))

    assert check(grove.load()) == []


def test_one_key_in_two_packs_is_an_error(grove: Grove) -> None:
    first = grove.write("park/trees.yaml", OAK)
    grove.write("wood/trees.yaml", OAK)

    assert grove.said(check(grove.load())) == [f"wood/trees.yaml:1: 'oak' is already declared at {first}:1"]


def test_two_pieces_for_what_only_one_may_be_for_are_an_error(grove: Grove) -> None:
    king = "- code: {}\n  name: {{zh: 王, en: King}}\n  height: 9\n  king_of: wood\n"
    grove.write("park/trees.yaml", king.format("oak"))
    grove.write("wood/trees.yaml", king.format("elm"))

    assert grove.said(check(grove.load())) == ["wood/trees.yaml:1: there is one for 'wood' already: oak (park)"]


def test_a_need_that_is_not_there_or_goes_in_a_circle_is_an_error(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK, needs="prak")
    assert grove.said(check(grove.load())) == ["park/pack.yaml:4: unknown pack 'prak'; did you mean 'park'?"]

    grove.write("park/pack.yaml", (grove.folder / "park/pack.yaml").read_text().replace("prak", "wood"))
    grove.write("wood/trees.yaml", "", needs="park")

    [said] = grove.said(check(grove.load()))
    assert said.endswith(
        (
            "packs need each other in a circle: park → wood → park",
            "packs need each other in a circle: wood → park → wood",
        )
    )


def test_a_pack_is_named_like_its_folder_and_its_keys_are_known(grove: Grove) -> None:
    grove.write("park/pack.yaml", "name: wood\nversion: 1.10\ntitle: {zh: 树, en: Trees}\nlisense: MIT\n")
    assert grove.said(check(grove.load())) == ["park/pack.yaml:4: unknown key 'lisense'; did you mean 'licence'?"]

    grove.write("park/pack.yaml", "name: wood\nversion: 1.10\ntitle: {zh: 树, en: Trees}\n")

    packs = grove.load()
    assert grove.said(check(packs)) == ["park/pack.yaml:1: a pack is named like its folder, 'park'"]
    assert packs.packs["wood"].manifest.version == "1.10"


def test_only_the_packs_named_and_what_they_need_are_looked_at(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)
    grove.write("wood/trees.yaml", "", needs="park")
    grove.write("swamp/trees.yaml", "- nonsense: 1\n")

    packs = grove.load("wood")

    assert sorted(packs.packs) == ["park", "wood"]
    assert check(packs) == []


def test_a_name_that_no_pack_has_is_refused_with_the_nearest(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)

    with pytest.raises(NoPackNamedSo) as near:
        grove.load("prak")
    with pytest.raises(NoPackNamedSo) as far:
        grove.load("park", "elsewhere")

    assert "Did you mean 'park'?" in near.value.said.en
    assert "是不是“park”？" in near.value.said.zh
    assert "mean" not in far.value.said.en


def test_a_pack_that_cannot_be_read_is_known_by_its_folder(grove: Grove) -> None:
    grove.write("park/trees.yaml", OAK)
    (grove.folder / "park/pack.yaml").write_text("name: park\n", encoding="utf-8")

    assert grove.said(check(grove.load("park"))) == [
        "park/pack.yaml:1: 'title' is missing",
        "park/pack.yaml:1: 'version' is missing",
    ]


def test_an_item_of_a_list_is_named_by_its_number(grove: Grove) -> None:
    grove.write("park/trees.yaml", "", needs="wood, [1]")
    grove.write("wood/trees.yaml", "")

    assert grove.said(check(grove.load())) == ["park/pack.yaml:4: 'needs[2]': should be text, but is a list"]


def test_a_folder_that_gusu_packs_names_and_is_not_there_is_refused(
    grove: Grove, monkeypatch: pytest.MonkeyPatch
) -> None:
    grove.write("park/trees.yaml", OAK)
    gone = grove.folder / "gone"
    monkeypatch.setenv("GUSU_PACKS", f"{grove.folder / 'park'}:{gone}")

    with pytest.raises(PacksFolderMissing, match=str(gone)):
        load(grove.rooms)


def test_a_pack_outside_the_package_is_found_by_gusu_packs(grove: Grove, monkeypatch: pytest.MonkeyPatch) -> None:
    grove.write("park/trees.yaml", OAK)
    grove.write("wood/trees.yaml", "")
    (grove.folder / "far").mkdir()
    (grove.folder / "wood").rename(grove.folder / "far/wood")
    monkeypatch.setenv("GUSU_PACKS", f"{grove.folder / 'park'}:{grove.folder / 'far'}")

    assert sorted(load(grove.rooms).packs) == ["park", "wood"]
    assert pack_folder("wood") == grove.folder / "far" / "wood"
    assert pack_folder("nowhere") is None
