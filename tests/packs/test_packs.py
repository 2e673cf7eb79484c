"""The packs that ship: they are well-formed, and what they claim to come from says so."""

import re

import pytest

from gusu.kernel.packs import PACKAGED
from gusu.packkit.load import Packs, check, load
from gusu.packkit.rooms import Rooms, gather
from gusu.packkit.situations import situations
from gusu.site.wiring import PACK_ROOMS

USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture(scope="module")
def rooms() -> Rooms:
    return gather(PACK_ROOMS)


@pytest.fixture(scope="module")
def packs(rooms: Rooms) -> Packs:
    return load(rooms)


def test_every_pack_in_the_package_has_no_problem(packs: Packs) -> None:
    assert "\n".join(map(str, check(packs))) == ""
    assert "\n".join(map(str, situations(packs)[1])) == ""
    assert sorted(packs.packs) == sorted(folder.parent.name for folder in PACKAGED.glob("*/pack.yaml"))


def test_every_organisation_hangs_on_the_tree_under_a_root(packs: Packs) -> None:
    parents = {key: one.piece.parent for key, one in packs.declared("organisations").items()}  # type: ignore[attr-defined]
    roots = {key for key, parent in parents.items() if not parent}

    def root_of(key: str) -> str:
        return root_of(parents[key]) if parents[key] else key

    assert {root_of(key) for key in parents} == roots
    assert roots == {"suzhou", "party_committee", "court", "procuratorate"}


def test_demo_credit_codes_are_right_in_form_and_belong_to_nobody(packs: Packs) -> None:
    codes = [one.piece.uscc for one in packs.declared("organisations").values()]  # type: ignore[attr-defined]

    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"1[12]3205[0-9]{2}DEM[0-9]{5}[0-9X][0-9A-Z]", code), code
        assert code[16] == organisation_check(code[8:16]), code
        assert code[17] == credit_check(code[:17]), code


def organisation_check(body: str) -> str:
    """GB 11714-1997: weights 3 7 9 10 5 8 4 2, modulus 11."""
    total = sum(BODY.index(char) * weight for char, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0123456789X"[-total % 11]


def credit_check(body: str) -> str:
    """GB 32100-2015: weights 3^(i-1) mod 31, modulus 31."""
    return USCC[-sum(USCC.index(char) * pow(3, place, 31) for place, char in enumerate(body)) % 31]


def test_a_real_credit_code_passes_the_same_sums() -> None:
    assert credit_check("91110000600037341") == "L"


def test_no_pack_of_a_common_kind_names_a_city() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (PACKAGED / "foundation").glob("**/*.yaml"))

    assert re.findall("苏州|Suzhou|3205", text) == []
