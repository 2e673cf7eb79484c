"""Landing proves what it wrote: the draft beside the source, row by row, and what the rows of each chunk add up to."""

import hashlib
from pathlib import Path

import pytest
from tests.resources.road import BY, COLUMNS, HEADING, declare, receive

from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.connectors.contract import Asked, Source
from gusu.resources.exchange.errors import Unbalanced
from gusu.resources.exchange.landing import land
from gusu.resources.exchange.models import Batch

ROWS = [("1", "苏", None), ("2", "𠮷", "x"), ("2", "𠮷", "x"), ("3", None, "~"), ("4", "1:a", "y")]


@pytest.fixture
def batch(db: None) -> Batch:
    return open_batch(declare(), by=BY, source="none")


def added_up(salt: str, rows: list[tuple[str | None, ...]]) -> str:
    """Format 1, by the words of kernel/engine/digest."""
    forms = ["".join("~" if cell is None else f"{len(cell)}:{cell}" for cell in row) for row in rows]
    hashes = [int(hashlib.sha256((salt + form).encode()).hexdigest(), 16) for form in forms]
    return f"{len(rows)}:{sum(hashes) % (1 << 256):064x}"


@pytest.mark.django_db
def test_each_chunk_adds_up_at_both_ends_to_what_its_rows_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gusu.resources.exchange.landing.CHUNK_ROWS", 2)
    lines = [",".join(cell or "" for cell in row).encode() for row in ROWS]
    (tmp_path / "people.csv").write_bytes(b"\n".join([HEADING, *lines]))

    batch = receive(declare(), tmp_path / "people.csv")

    cuts = [(it.number, it.digest_source, it.digest_landed) for it in batch.chunks.order_by("number")]
    wanted = [added_up(batch.salt, part) for part in (ROWS[:1], ROWS[1:3], ROWS[3:])]  # the heading is row 1
    assert cuts == [(number, digest, digest) for number, digest in enumerate(wanted)]
    assert batch.digest_source == batch.digest_landed == added_up(batch.salt, ROWS)


@pytest.mark.parametrize(
    "relation",
    [
        "(SELECT uuid()::VARCHAR AS code, 'a' AS name, 'b' AS note FROM range(9))",
        "(SELECT range::VARCHAR AS code, 'a' AS name, 'b' AS note FROM range(99) WHERE random() < 0.5)",
    ],
    ids=["other values", "other rows"],
)
def test_a_source_that_does_not_say_the_same_twice_is_no_source(relation: str, batch: Batch, tmp_path: Path) -> None:
    asked = Asked(settings={}, columns=COLUMNS, spool=tmp_path, salt=batch.salt)

    with pytest.raises(Unbalanced):
        land(batch, Source(relation=relation, place="here"), asked)
