"""The tree, its search, and who may change it."""

from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.identity.city import HOUSE, Make

from gusu.identity.organisations import queries
from gusu.identity.organisations.actions import (
    AlreadyEnded,
    HasOpenChildren,
    NamesMissing,
    close_organisation,
    rename_organisation,
)
from gusu.identity.organisations.pack import OrganisationCircle, OrganisationPiece, Organisations
from gusu.identity.organisations.queries import Node, is_uscc
from gusu.identity.organisations.rules import USCC_ALPHABET, uscc_check_character
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import lines
from gusu.kernel.errors import NotAllowed
from gusu.kernel.ownership.actions import Applied, PackOwned, record_applied
from gusu.kernel.packs import Label, Problem

ADMINISTRATOR = Actor(account="acc1-A", permissions=frozenset({"identity.manage"}))


class Everything:
    """A `Known` that knows every key but one."""

    pack, folder = "test", None

    def missing(self, section: str, key: str, *, at: tuple[str | int, ...] = ()) -> list[Problem]:
        return [Problem("无", "unknown", at)] if key == "nowhere" else []


def test_the_tree_is_one_query(city: None, django_assert_num_queries: Callable[..., object]) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        tree = queries.tree()

    assert _codes(tree) == {"city": {"audit": {}, "police": {"station": {}}}}


def test_a_subtree_is_what_stands_below_and_nothing_that_is_merely_called_alike(city: None) -> None:
    twin = OrganisationPiece("police-school", Label("警校", "Police School"), "institution", parent="city")
    Organisations().apply([twin], by=HOUSE)

    found = queries.subtree(queries.organisation("police"))

    assert [each.code for each in found] == ["police", "station"]


def test_moving_a_department_moves_what_stands_below_it(city: None) -> None:
    moved = OrganisationPiece("police", Label("公安局", "Police Bureau"), "department", parent="audit")
    Organisations().apply([moved], by=HOUSE)

    assert queries.organisation("station").path == "city/audit/police/station"
    assert [each.code for each in queries.ancestors_of(queries.organisation("station"))] == ["city", "audit", "police"]


def test_what_was_applied_is_what_is_kept_also_after_coming_back(city: None) -> None:
    section, piece = Organisations(), OrganisationPiece("audit", Label("审计局", "Audit"), "district", "city", "x")
    section.retire(["audit"], by=HOUSE)
    gone = section.kept().keys()
    section.apply([piece], by=HOUSE)

    assert gone == {"city", "police", "station"}
    assert section.kept()["audit"] == piece


def test_parents_in_a_circle_are_refused(city: None) -> None:
    circle = OrganisationPiece("city", Label("市政府", "City"), "government", parent="station")

    with pytest.raises(
        OrganisationCircle,
        match=r"(station → police → city → station|city → station → police → city|police → city → station → police)",
    ):
        Organisations().apply([circle], by=HOUSE)


def test_a_pack_is_told_what_is_wrong_with_an_organisation() -> None:
    def faults(parent: str, uscc: str = "") -> list[tuple[str | int, ...]]:
        piece = OrganisationPiece("a", Label("甲", "A"), "other", parent, uscc)
        return [problem.at for problem in Organisations().check(piece, Everything())]  # type: ignore[arg-type]

    assert (faults("b"), faults("a"), faults("nowhere")) == ([], [("parent",)], [("parent",)])
    assert faults("", "11320500DEM695303X") == [("uscc",)]


@given(st.text(USCC_ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_of_a_uscc_is_always_seen(first: str, place: int, other: str) -> None:
    number = first + uscc_check_character(first)
    changed = number[:place] + other + number[place + 1 :]

    assert is_uscc(number)
    assert is_uscc(changed) == (changed == number)


def test_real_codes_pass_and_letters_the_standard_leaves_out_do_not() -> None:
    assert is_uscc("91350100M000100Y43")  # the example of GB 32100-2015, appendix A
    assert not is_uscc("91350100M000100Y4I")
    assert not is_uscc("91350100M000100Y4")


@pytest.mark.parametrize(
    ("asked", "found"), [("公安", ["police"]), ("station", ["station"]), ("派", ["station"]), ("马", [])]
)
def test_search_finds_by_name_in_either_language_and_by_code(city: None, asked: str, found: list[str]) -> None:
    assert [each.code for each in queries.organisations_matching(asked)] == found


def test_renaming_needs_the_permission_and_both_names(city: None) -> None:
    audit = queries.organisation("audit")

    with pytest.raises(NotAllowed):
        rename_organisation(audit, name_zh="审计办", name_en="Audit Office", by=Actor(account="acc1-B"))
    with pytest.raises(NamesMissing):
        rename_organisation(audit, name_zh="审计办", name_en=" ", by=ADMINISTRATOR)
    rename_organisation(audit, name_zh="审计办", name_en="Audit Office", by=ADMINISTRATOR)

    assert queries.organisation("audit").name.both == "审计办 · Audit Office"
    assert list(lines(verb="organisations.").order_by("pk").values_list("code", flat=True)) == [
        "not_allowed",
        "names_missing",
        "",
    ]


def test_what_a_pack_keeps_is_edited_only_after_it_was_adopted(city: None, person: Make) -> None:
    record_applied([Applied("organisations", "audit", "somewhere", {})])
    client = person("administrator").client
    names = {"name_zh": "审计办", "name_en": "Audit Office"}

    with pytest.raises(PackOwned):
        close_organisation(queries.organisation("audit"), by=ADMINISTRATOR)
    before = client.post("/organisations/audit/edit", names)
    shown = client.get("/organisations/audit/edit", headers={"accept-language": "en"}).text
    adopted = client.post("/organisations/audit/adoption")
    after = client.post("/organisations/audit/edit", names)

    assert (before.status_code, "Kept by a pack" in shown) == (409, True)
    assert (adopted["Location"], after["Location"]) == ("/organisations/audit/edit", "/organisations/audit")
    assert queries.organisation("audit").name_en == "Audit Office"


def test_an_organisation_ends_after_what_stands_below_it(city: None) -> None:
    with pytest.raises(HasOpenChildren):
        close_organisation(queries.organisation("police"), by=ADMINISTRATOR)
    for code in ("station", "police"):
        close_organisation(queries.organisation(code), by=ADMINISTRATOR)

    assert queries.organisation("police").ended_on == clock.today()
    with pytest.raises(AlreadyEnded):
        close_organisation(queries.organisation("police"), by=ADMINISTRATOR)


def test_anybody_browses_and_only_administrators_see_the_way_to_edit(person: Make) -> None:
    english = {"accept-language": "en"}
    page, edit = "/organisations/station", "/organisations/station/edit"

    stranger = Client().get(page, headers=english).text
    administrator = person("administrator").client.get(page, headers=english).text

    assert "Police Station" in stranger
    assert (edit in stranger, edit in administrator) == (False, True)


def test_the_tree_page_asks_as_often_with_four_organisations_as_with_forty(
    city: None, django_assert_num_queries: Callable[..., object]
) -> None:
    for path in ("/organisations", "/organisations?q=局", "/organisations/city"):
        with django_assert_num_queries(QUERIES[path]):  # type: ignore[attr-defined]
            Client().get(path)
    many = [OrganisationPiece(f"d{i}", Label(f"第{i}局", f"Bureau {i}"), "department", "city") for i in range(36)]
    Organisations().apply(many, by=HOUSE)

    for path in ("/organisations", "/organisations?q=局", "/organisations/city"):
        with django_assert_num_queries(QUERIES[path]):  # type: ignore[attr-defined]
            assert "Bureau 35" in Client().get(path, headers={"accept-language": "en"}).text


QUERIES = {"/organisations": 1, "/organisations?q=局": 1, "/organisations/city": 2}


def _codes(nodes: tuple[Node, ...]) -> dict[str, object]:
    return {node.organisation.code: _codes(node.children) for node in nodes}
