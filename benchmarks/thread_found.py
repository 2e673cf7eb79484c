"""What the measured city answers; its parent knows no Django."""

from dataclasses import dataclass

STAGES = ("receive", "check", "link", "fuse")
BY_HAND_STAGES = ("read", "shape", "fuse", "close", "publish")


@dataclass(frozen=True)
class Facts:
    """99th percentiles in milliseconds; queries about one element and about twenty.

    uncommitted: up to the commit of the access line; committed: with it; commit: of one small row, and nothing else.
    """

    people: int
    uncommitted: float
    committed: float
    commit: float
    queries: tuple[int, int]


@dataclass(frozen=True)
class Whole:
    """Everything but what it cost.

    rows, rows_of_the_day: landed.  merged: the day's edition was not made anew.  defects: by class the share of planted
    records that are found, and of sound ones that are accused.
    """

    rows: int
    rows_of_the_day: int
    merged: bool
    facts: Facts
    defects: dict[str, tuple[float, float]]
    precision: float
    recall: float
