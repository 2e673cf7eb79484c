"""The guard at the gate: a million rows where a thousand were usual are a wrong export until somebody has asked."""

from dataclasses import dataclass
from statistics import median

from gusu.resources.exchange.connectors.contract import Source
from gusu.resources.exchange.errors import UnusualVolume
from gusu.resources.exchange.models import Batch

REMEMBERED = 5
FEW = 1_000  # rows; up to so many times that, any number of changes is a busy day
A_LIST = 100  # rows; of a whole list that was shorter, any number may be left


@dataclass(frozen=True, slots=True)
class Volume:
    """How many rows a batch may have, by what the last ones of its kind had."""

    batch: Batch
    source: Source
    most_times: int

    def prove(self, rows: int) -> None:
        """UnusualVolume, unless whoever opened the batch knows. Changes may be few at any time; everything may not."""
        usual = self._usual()
        if usual is None or self.batch.accepts_volume:
            return
        too_many = rows > self.most_times * max(usual, FEW)
        too_few = self.source.complete and usual >= A_LIST and rows * self.most_times < usual
        if too_many or too_few:
            raise UnusualVolume(place=self.source.place, rows=rows, usual=usual)

    def _usual(self) -> int | None:
        landed = self.batch.exchange.batches.filter(complete=self.source.complete).exclude(landed_at=None)
        rows = [batch.rows or 0 for batch in landed.order_by("-number").only("rows")[:REMEMBERED]]
        return int(median(rows)) if rows else None
