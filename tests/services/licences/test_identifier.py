"""The identifier's check character, against public samples and every single slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gusu.services.licences.identifier import ALPHABET, check_character, identifier, is_identifier

SAMPLES = [
    "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
]
TEXTS = st.text(ALPHABET, min_size=2, max_size=60)


@pytest.mark.parametrize("sample", SAMPLES)
def test_public_samples_are_reproduced(sample: str) -> None:
    kind, issuer, serial, version, _ = sample.removeprefix("1.2.156.3005.2.").split(".")

    assert identifier(kind=kind, issuer=issuer, serial=serial, version=version) == sample
    assert is_identifier(sample)


@given(TEXTS, st.data())
def test_a_wrong_character_is_found(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([one for one in ALPHABET if one != text[place]]))

    assert check_character(text[:place] + other + text[place + 1 :]) != check_character(text)


@pytest.mark.parametrize("before", ["", "7", "11320500DEM8338848001"])
def test_nearly_every_swap_of_two_neighbours_is_found(before: str) -> None:
    pairs = [(one, other) for one in ALPHABET for other in ALPHABET if one < other]

    found = sum(check_character(before + a + b) != check_character(before + b + a) for a, b in pairs)
    assert found / len(pairs) > 0.95  # a hybrid system of two moduli misses a few (ISO/IEC 7064:2003 §4)


@given(st.text(max_size=80))
def test_anything_else_is_no_identifier_and_no_error(text: str) -> None:
    assert is_identifier(text) in (True, False)
    assert not is_identifier(SAMPLES[0] + "x" + text)


@pytest.mark.parametrize(
    "written", ["", "1.2.156.3005.2", "1.2.156.3005.2.....A", SAMPLES[0][:-1] + "G", SAMPLES[0].lower()]
)
def test_what_is_not_whole_is_none(written: str) -> None:
    assert not is_identifier(written)
