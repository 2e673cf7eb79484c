"""What the departments hold now: the build, the days since, what has been put right. Read from `truth/`.

people.parquet        everybody at the build
records.parquet       every record, where a whole read finds it
newcomers-D.parquet   who came on day D
changes-D.parquet     what day D changed, by resource
day-D.parquet         the records that day D delivered
put-right-D.parquet   the records put right on day D
build.json            written last: names the days that count
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from gusu.demo.departments import folder
from gusu.demo.departments.systems import Resource
from gusu.kernel.engine.duck import files

RECORDS = "records.parquet"
FIRST_NIGHT, FIRST_MONTH = date(2026, 11, 23), date(2026, 10, 1)


@dataclass(frozen=True)
class State:
    """A build and its days. people: at the build; newcomers: since; day: 0 is the build's own.

    changed, mended: days on which something changed, or was put right; delivered: by resource the truth of its newest
    delivery, where that is not RECORDS.
    """

    seed: int
    people: int
    newcomers: int = 0
    day: int = 0
    changed: list[int] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    delivered: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "State":
        """NotBuilt."""
        return cls(**folder.finished()["state"])

    def tomorrow(self, **values: Any) -> "State":
        return replace(self, day=self.day + 1, **values)

    @property
    def night(self) -> date:
        return FIRST_NIGHT + timedelta(days=self.day)

    @property
    def month(self) -> date:
        """Civil affairs report a month for each of our days on which something changed."""
        months = FIRST_MONTH.month - 1 + len(self.changed)
        return date(FIRST_MONTH.year + months // 12, months % 12 + 1, 1)

    def newest(self, resource: Resource) -> str:
        """The truth of the resource's newest delivery: what a position means."""
        return self.delivered.get(resource.name, RECORDS)

    @property
    def workbook_day(self) -> int:
        """The day of the newest workbook."""
        return self.changed[-1] if self.changed else 0

    @property
    def morning(self) -> str:
        """SQL: when the day's work begins."""
        return f"TIMESTAMP '{self.night} 08:00:00'"

    def everybody(self, resource: Resource | None = None) -> str:
        """SQL relation of the people as a resource knows them, or as they are; in order."""
        came = [f"newcomers-{day}.parquet" for day in self.changed]
        people = files([str(folder.truth(name)) for name in ("people.parquet", *came)])
        if not self.changed:
            return people
        only = f"WHERE resource = '{resource.name}'" if resource else ""
        last = ", ".join(f"max_by({column}, changed) FILTER ({column} IS NOT NULL) AS {column}" for column in CHANGING)
        new = ", ".join(f"coalesce(c.{column}, p.{column}) AS {column}" for column in (*CHANGING, "changed"))
        return f"""(SELECT p.* REPLACE ({new}) FROM {people} p LEFT JOIN (SELECT person, {last},
          max(changed) AS changed FROM {self.changes(self.changed)} {only} GROUP BY person) c ON c.person = p.person)"""

    def changes(self, days: list[int]) -> str:
        return files([str(folder.truth(f"changes-{day}.parquet")) for day in days])

    @property
    def put_right(self) -> str:
        """SQL relation of the records put right, or "" when there are none."""
        return files([str(folder.truth(f"put-right-{day}.parquet")) for day in self.mended]) if self.mended else ""


CHANGING = ("division", "address", "phone", "marital", "died")
