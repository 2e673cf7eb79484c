"""Rows closed by the million open in their own row, with their own key, untouched; and nowhere else."""

import io
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gusu.kernel.crypto import bulk, keys
from gusu.kernel.crypto.bulk import DataKey, close_lines, open_

pytestmark = pytest.mark.usefixtures("own_keys")
BODY = st.binary(max_size=300).map(lambda body: body.replace(b"\n", b""))
ROWS = st.lists(st.tuples(st.uuids().map(str), BODY), max_size=30)
NUMBER = 7
NO_RESET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
ONE, OTHER = str(UUID(int=1)), str(UUID(int=2))
ID = b"32050319900101001X"


def closed(rows: list[tuple[str, bytes]], key: DataKey) -> list[tuple[str, int, bytes]]:
    """As PostgreSQL reads its binary form: signature, flags, no extension; fields by their length; -1 at the end."""
    target = io.BytesIO()
    lines = [identity.encode() + b"\t" + body + b"\n" for identity, body in rows]
    assert close_lines(io.BytesIO(b"".join(lines)), target, key, number=NUMBER) == len(rows)
    target.seek(0)
    assert target.read(19) == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    found = []
    while (fields := int.from_bytes(target.read(2), "big", signed=True)) >= 0:
        identity, number, field = [target.read(int.from_bytes(target.read(4), "big")) for _ in range(fields)]
        found.append((str(UUID(bytes=identity)), int.from_bytes(number, "big"), field))
    assert (fields, target.read()) == (-1, b"")
    return found


def sealed(identity: str, body: bytes, key: DataKey) -> bytes:
    """The field as PostgreSQL holds it."""
    [(_, _, field)] = closed([(identity, body)], key)
    return field


@given(ROWS)
@NO_RESET
def test_what_is_closed_opens_in_its_row_and_says_by_which_key(rows: list[tuple[str, bytes]]) -> None:
    key = DataKey.fresh()

    found = closed(rows, key)

    assert [(identity, open_(field, identity, key.wrapped)) for identity, _, field in found] == rows
    assert {number for _, number, _ in found} <= {NUMBER}


def test_blocks_may_end_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(str(UUID(int=number)), b"%d" % number * 7) for number in range(50)]
    for block in (1, 2, 37, 64):
        monkeypatch.setattr(bulk, "BLOCK", block)
        key = DataKey.fresh()

        found = closed(rows, key)

        assert [(identity, open_(field, identity, key.wrapped)) for identity, _, field in found] == rows


def test_no_nonce_comes_twice_under_a_key_whatever_the_calls() -> None:
    key = DataKey.fresh()

    fields = [field for _ in range(3) for _, _, field in closed([(ONE, b"same")] * 500, key)]

    assert len({field[1:13] for field in fields}) == 1500
    assert len(set(fields)) == 1500


def test_it_opens_in_no_other_row_and_by_no_other_key() -> None:
    key, another = DataKey.fresh(), DataKey.fresh()
    field = sealed(ONE, ID, key)

    assert open_(field, ONE, key.wrapped) == ID
    for identity, wrapped in ((OTHER, key.wrapped), (ONE, another.wrapped), ("", key.wrapped)):
        with pytest.raises(InvalidTag):
            open_(field, identity, wrapped)


def test_every_byte_counts() -> None:
    key = DataKey.fresh()
    field = sealed(ONE, ID, key)
    touched = [field[:place] + bytes([field[place] ^ 1]) + field[place + 1 :] for place in range(len(field))]

    for other in [*touched, *(field[:length] for length in range(len(field))), field + b"\0"]:
        with pytest.raises(InvalidTag):
            open_(other, ONE, key.wrapped)


def test_every_character_of_a_wrapped_key_counts() -> None:
    key = DataKey.fresh()
    field, kept = sealed(ONE, ID, key), key.wrapped
    touched = [kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :] for place in range(len(kept))]

    for other in [*touched, "", "v1", "v1.1.", "v1.9.AAAA", kept + "\n", kept[:-4], "v1.1.é"]:
        with pytest.raises(InvalidTag):
            open_(field, ONE, other)


def test_a_key_from_before_a_rotation_still_opens() -> None:
    old = DataKey.fresh()
    field = sealed(ONE, ID, old)
    keys.rotate()
    new = DataKey.fresh()
    bulk._unwrapped.cache_clear()

    assert [old.wrapped.split(".")[:2], new.wrapped.split(".")[:2]] == [["v1", "1"], ["v1", "2"]]
    assert open_(field, ONE, old.wrapped) == ID


def test_nothing_shows_a_key_or_a_value() -> None:
    key = DataKey.fresh()
    field = sealed(ONE, ID, key)

    assert repr(key) == f"DataKey(wrapped={key.wrapped!r})"
    assert ID not in field
    assert len(field) == 1 + 12 + len(ID) + 16


def test_a_line_that_was_cut_off_is_an_error() -> None:
    with pytest.raises(ValueError, match="cut off"):
        close_lines(io.BytesIO(f"{ONE}\tb\n{OTHER}\td".encode()), io.BytesIO(), DataKey.fresh(), number=1)


def test_what_was_closed_by_the_first_edition_opens_for_ever(own_keys: object) -> None:
    """A record made once, by hand from the format: version byte, nonce, AES-256-GCM."""
    keys.versions()
    (keys.folder() / "master-1.key").write_bytes(bytes(range(32)))
    keys._derived.cache_clear()
    bulk._unwrapped.cache_clear()
    wrapped = "v1.1.AAECAwQFBgcICQoLPExDhchBTs2LICCTXAq3-FGkHZyOO5jlZXMCVvCMcQ0v7JGlWUOtCBSIY4K14aK5"
    field = bytes.fromhex("016162636400000000000000076fcd1ca02a28081e05c70c5183acfbff1f9fad745189")

    assert open_(field, "00000000-0000-0000-0000-000000000001", wrapped) == "苏州".encode()
