"""Connections: for their owner alone, beside the keys, nowhere else."""

import stat
from pathlib import Path

import pytest
from django.conf import settings

from gusu.kernel.crypto import keys
from gusu.resources.exchange.connections import (
    ConnectionIncomplete,
    ConnectionMissing,
    WrongConnection,
    connection,
    keep,
    names,
    word_of,
)

pytestmark = pytest.mark.usefixtures("own_keys")


def test_what_is_kept_is_found_and_kept_again() -> None:
    keep("police", {"dsn": "postgresql://a:secret@b/c"})
    keep("police", {"dsn": "postgresql://a:newer@b/c"})

    assert connection("police") == {"dsn": "postgresql://a:newer@b/c"}
    assert names() == ["police"]


def test_it_lies_beside_the_keys_for_its_owner_alone() -> None:
    keep("police", {"dsn": "secret"})

    [place] = keys.folder().rglob("police.json")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert not place.is_relative_to(settings.DATA)
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("name", ["", "../master-1", "Police", "a b", "a.json", "é"])
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongConnection):
        keep(name, {"a": "b"})
    with pytest.raises(ConnectionMissing):
        connection(name)


def test_what_is_missing_is_named_and_what_is_there_is_not_told() -> None:
    keep("health", {"token": "secret"})

    with pytest.raises(ConnectionIncomplete) as refused:
        word_of("health", "url")

    assert "url" in refused.value.said.en
    assert "secret" not in refused.value.said.both
