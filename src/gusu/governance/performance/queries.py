"""What the city has promised."""

from dataclasses import dataclass
from datetime import date

from gusu.governance.performance.models import Target
from gusu.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Promise:
    """A target in force; `figure` in `unit`, None where the plan has words only; `quote` is the plan's own sentence."""

    code: str
    name: Text
    comparison: str
    figure: float | None
    unit: str
    due: date | None
    plan: str
    quote: str

    def met_by(self, measured: float) -> bool | None:
        """Whether a measured figure keeps the promise; None where there is no figure to keep."""
        if self.figure is None:
            return None
        return measured > self.figure if self.comparison == ">" else measured >= self.figure


def targets() -> list[Promise]:
    """Every target in force, in the plan's order."""
    rows = Target.objects.filter(retired_at=None).order_by("position", "code")
    return [_promise(row) for row in rows]


def _promise(row: Target) -> Promise:
    name = Text(row.name_zh, row.name_en)
    return Promise(row.code, name, row.comparison, row.figure, row.unit, row.due, row.plan, row.quote)
