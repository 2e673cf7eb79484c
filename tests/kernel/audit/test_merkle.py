"""Tree heads against the definition, as RFC 6962 §2.1 has it: recursive, split at the largest power of two."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gusu.kernel.audit import merkle

LEAVES = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def defined(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:split]) + defined(leaves[split:])).digest()


@given(LEAVES)
def test_the_tree_head_is_the_one_the_rfc_defines(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == defined(leaves)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=20, unique=True), st.data())
def test_two_leaves_changing_places_change_the_head(leaves: list[bytes], data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, len(leaves) - 1), min_size=2, max_size=2, unique=True))
    swapped = list(leaves)
    swapped[one], swapped[other] = leaves[other], leaves[one]

    assert merkle.root(swapped) != merkle.root(leaves)


def test_of_nothing_it_is_the_digest_of_nothing() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
