"""What every connector keeps to: inherit `ConnectorContract` and give it a `place` of your kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.resources.road import BY, declare

from gusu.kernel.engine import duck
from gusu.kernel.lake.models import LakeFile
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.models import Batch, BatchState, Exchange
from gusu.resources.exchange.queries import files_of

COLUMNS = ["code", "name", "at"]
NAME = "沈小梅演示"  # a person's; no message may repeat it
Cells = tuple[str | None, ...]
ROWS: list[Cells] = [
    ("1", NAME, "2026-11-20 08:00:00+08"),
    ("2", "𠮷𬀩🏯", "2026-11-20 08:00:01+08"),
    ("3", 'say "hi", \\N\t~', "2026-11-20 08:00:02+08"),
    ("4", None, "2026-11-20 08:00:03+08"),
    ("5", "two\nlines", "2026-11-20 08:00:04+08"),
    ("6", "é", "2026-11-20 08:00:05+08"),
    ("7", "", "2026-11-20 08:00:06+08"),
]


@dataclass
class Place:
    """A department's system of one kind.

    first: position of its first row.  keeps_empty: an empty text is not a missing one there.
    """

    connector: str
    settings: dict[str, Any] = field(default_factory=dict)
    first: int = 1
    keeps_empty: bool = False

    def put(self, rows: Sequence[Cells], columns: Sequence[str] = COLUMNS) -> None:
        """Make the system hold exactly these rows."""
        raise NotImplementedError

    def lose(self) -> None:
        """Make it unreachable."""
        raise NotImplementedError

    def kept(self, cell: str | None) -> str | None:
        return cell if self.keeps_empty else cell or None


def standing(place: Place) -> Exchange:
    exchange = declare(COLUMNS, key="code", changed="at")
    exchange.connector, exchange.settings = place.connector, place.settings
    exchange.save()
    return exchange


def received(exchange: Exchange, **how: Any) -> Batch:
    batch = open_batch(exchange, by=BY, **how)
    receive_batch(batch, by=BY)
    batch.refresh_from_db()
    return batch


def landed(batch: Batch) -> list[tuple[Any, ...]]:
    """(position, cells…) of every row in the lake."""
    [rows] = duck.run(
        [f"SELECT _position, {', '.join(map(duck.name, COLUMNS))} FROM {duck.files(files_of(batch))} ORDER BY 1"]
    )
    return [tuple(row) for row in rows]


@pytest.mark.django_db
class ConnectorContract:
    """Each subclass has a fixture `place`."""

    def test_what_was_there_has_landed_where_a_person_finds_it(self, place: Place) -> None:
        place.put(ROWS)

        batch = received(standing(place))

        assert (batch.state, batch.refused_zh) == (BatchState.LANDED, "")
        wanted = [(place.first + at, row[0], place.kept(row[1]), row[2]) for at, row in enumerate(ROWS)]
        assert landed(batch) == wanted
        assert (batch.rows, batch.complete) == (len(ROWS), True)
        assert batch.digest_source == batch.digest_landed
        assert batch.digest_landed.startswith(f"{len(ROWS)}:")

    def test_the_chunks_add_up_to_the_batch(self, place: Place) -> None:
        place.put(ROWS)

        batch = received(standing(place))

        [chunk] = batch.chunks.all()
        assert (chunk.number, chunk.rows) == (0, len(ROWS))
        assert (chunk.first_position, chunk.last_position) == (place.first, place.first + len(ROWS) - 1)
        assert chunk.digest_source == chunk.digest_landed == batch.digest_landed

    def test_a_second_run_changes_nothing(self, place: Place) -> None:
        place.put(ROWS)
        exchange = standing(place)
        received(exchange)

        states = [received(exchange).state for _ in range(2)]

        assert states[-1] == BatchState.UNCHANGED

    def test_everything_can_be_asked_for_again(self, place: Place) -> None:
        place.put(ROWS)
        exchange = standing(place)
        received(exchange)
        place.put([*ROWS[:-2], ("8", "new", "2026-11-20 09:00:00+08")])

        batch = received(exchange, whole=True)

        assert (batch.state, batch.rows, batch.complete) == (BatchState.LANDED, len(ROWS) - 1, True)

    def test_nothing_inside_is_refused_at_first(self, place: Place) -> None:
        place.put([])

        assert received(standing(place)).refused_code == "nothing_inside"

    def test_a_source_that_is_away_is_refused_with_what_to_do(self, place: Place) -> None:
        place.put(ROWS)
        exchange = standing(place)
        place.lose()

        batch = received(exchange)

        assert (batch.state, LakeFile.objects.count()) == (BatchState.REFUSED, 0)
        assert batch.refused_zh.endswith("。")
        assert "secret" not in batch.refused_zh + batch.refused_en

    @pytest.mark.parametrize("columns", [["code", "nmae", "at"], ["code", "name"]])
    def test_a_column_that_is_not_there_is_named_and_nobodys_value(self, columns: list[str], place: Place) -> None:
        place.put([row[: len(columns)] for row in ROWS], columns)

        batch = received(standing(place))

        assert batch.refused_code == "wrong_columns"
        assert ({"name", "at"} - set(columns)).pop() in batch.refused_en
        assert NAME not in batch.refused_zh + batch.refused_en
        assert LakeFile.objects.count() == 0

    def test_a_million_rows_where_a_thousand_were_usual_wait_for_somebody(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gusu.resources.exchange.volume.FEW", 1)
        place.put(ROWS[:1])
        exchange = standing(place)
        received(exchange)
        place.put([(str(number), "n", "2026-11-21 08:00:00+08") for number in range(30)])

        refused, accepted = received(exchange, whole=True), received(exchange, whole=True, accepts_volume=True)

        assert (refused.state, refused.refused_code) == (BatchState.REFUSED, "unusual_volume")
        assert (accepted.state, accepted.rows) == (BatchState.LANDED, 30)
