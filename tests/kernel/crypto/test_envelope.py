"""What is closed opens only whole, in its place, with the city's key."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gusu.kernel.crypto import keys
from gusu.kernel.crypto.envelope import blind_index, close, open_

pytestmark = pytest.mark.usefixtures("own_keys")
ID = "32050319900101001X"


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_what_is_closed_opens_again(value: str) -> None:
    value = value.encode("utf-8", "ignore").decode()

    assert open_(close(value, context="person.id/1"), context="person.id/1") == value


def test_a_value_closed_twice_reads_differently_and_never_itself() -> None:
    one, other = close(ID, context="x"), close(ID, context="x")

    assert one != other
    assert ID not in one + other


def test_it_opens_in_no_other_place() -> None:
    closed = close(ID, context="person.id/1")

    with pytest.raises(InvalidTag):
        open_(closed, context="person.id/2")


def test_what_an_older_key_closed_opens_after_rotation() -> None:
    old = close(ID, context="x")
    keys.rotate()
    new = close(ID, context="x")

    assert [open_(closed, context="x") for closed in (old, new)] == [ID, ID]
    assert [closed.split(".")[:2] for closed in (old, new)] == [["v1", "1"], ["v1", "2"]]


def test_every_character_counts() -> None:
    closed = close("苏", context="x")
    touched = [
        closed[:place] + ("A" if closed[place] != "A" else "B") + closed[place + 1 :] for place in range(len(closed))
    ]

    assert [text for text in touched if _opens(text)] == []


@pytest.mark.parametrize(
    "text", ["", "v1", "v1.1", "v1.1.", "v1.1.!!!!", "v1.2.AAAA", "v1.1.AAAA", "v1.01.x", "v1.1.é"]
)
def test_what_was_never_closed_is_refused(text: str) -> None:
    assert not _opens(text)


def test_a_character_slipped_in_is_refused_even_where_decoders_skip_it() -> None:
    closed = close(ID, context="x")

    assert not _opens(closed[:20] + "\n" + closed[20:])
    assert not _opens(closed + " ")


def test_a_key_that_is_gone_opens_nothing() -> None:
    closed = close(ID, context="x")
    (keys.folder() / "master-1.key").unlink()
    keys._derived.cache_clear()

    assert not _opens(closed)


def test_a_blind_index_is_stable_over_rotation_and_apart_by_context() -> None:
    keys.versions()
    before = blind_index(ID, context="person.id")
    keys.rotate()

    assert blind_index(ID, context="person.id") == before
    assert blind_index(ID, context="person.phone") != before
    assert blind_index(ID, context="person.id", version=2) != before
    assert before.startswith("1.")
    assert ID not in before


def _opens(closed: str) -> bool:
    try:
        open_(closed, context="x")
    except InvalidTag:
        return False
    return True
