"""The main job survives SIGKILL of any process at any moment: nothing lost, nothing done twice, the same register.

Twenty kills, with --slow a hundred (killing.py).
"""

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.stories.city import City
from tests.stories.killing import Hunt, chosen_seed, parts, rounds

import gusu.packs.divisions as pack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

STEPS = {
    "receive": "gusu.exchange.receive",
    "check": "gusu.quality.check",
    "merge": "gusu.registers.merge",
}
TWENTY = Counter(worker=4, engine=5, postgres=4, backend=3, web=2, supervisor=2)
TOO_LATE_AT_MOST = 20
PER_TOWNSHIP = 50

USUAL = """
SELECT task_name, max(extract(epoch FROM done.at - begun.at))::float FROM procrastinate_jobs AS j
JOIN procrastinate_events AS begun ON begun.job_id = j.id AND begun.type = 'started'
JOIN procrastinate_events AS done ON done.job_id = j.id AND done.type = 'succeeded'
WHERE j.id > %s GROUP BY 1
"""


@dataclass
class Story:
    """A city, two deliveries of the same data, and what the register adds up to after each."""

    hunt: Hunt
    deliveries: list[dict[str, str]]
    digests: list[dict[str, str]] = field(default_factory=list)
    turn: int = 0

    @property
    def city(self) -> City:
        return self.hunt.city

    def run_undisturbed(self) -> None:
        """Each delivery once, to know what it should come to and how long each step takes."""
        for delivery in self.deliveries:
            before = self.hunt.newest_job()
            self.city.hand("queue", delivery)
            self.hunt.settle()
            self.digests.append(self.city.hand("digests"))
            usual = dict(self.city.ask(USUAL, before))
            self.hunt.usual |= {step: usual[job] for step, job in STEPS.items()}
        assert self.digests[0] != self.digests[1]

    def kill_during(self, step: str, part: str) -> bool:
        """Queue the next delivery, kill `part` at a random moment of `step`; whether the road was still under way."""
        before = self.hunt.newest_job()
        delivery, expected, self.turn = self.deliveries[self.turn], self.digests[self.turn], 1 - self.turn
        self.city.hand("queue", delivery)
        blow = self.hunt.strike(step, part, after=before)
        self.hunt.settle()
        landed = blow is not None and self.hunt.landed(blow) is not None
        self.prove_all_is_well(expected)
        return landed

    def prove_all_is_well(self, expected: dict[str, str]) -> None:
        """The claims of this story."""
        city = self.city
        assert city.hand("digests") == expected
        assert city.ask("SELECT state, count(*) FROM resources_batch WHERE state <> 'merged' GROUP BY 1") == []
        assert city.ask("SELECT inputs FROM resources_edition GROUP BY 1 HAVING count(*) > 1") == []
        assert city.ask("SELECT max(number) - count(*) FROM resources_edition") == [(0,)]
        assert city.ask("SELECT digest FROM resources_edition ORDER BY number DESC LIMIT 1") == [(*expected.values(),)]
        self.hunt.prove_the_house_is_well()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    city = City(tmp_path)
    try:
        city.up()
        hunt = Hunt(city, STEPS, "divisions", chosen_seed())
        yield Story(hunt, [_delivery(tmp_path / "a", _as_given), _delivery(tmp_path / "b", _corrected)])
    finally:
        city.down()


def test_the_main_job_survives_a_kill_of_any_process_at_any_moment(
    story: Story, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    hunt, count = story.hunt, rounds(pytestconfig, usually=20)
    with capsys.disabled():
        print(f"\n{count} kills, GUSU_KILL_SEED={hunt.seed}", flush=True)
        hunt.settle()
        story.run_undisturbed()
        planned = parts(TWENTY, count, hunt.dice)
        for part in planned:
            while not story.kill_during(hunt.dice.choice(list(STEPS)), part):
                assert hunt.too_late < count + TOO_LATE_AT_MOST
        print(hunt.table(), flush=True)

    assert Counter(kill.part for kill in hunt.kills) == Counter(planned)
    hunt.prove_nothing_is_left_over()


def _delivery(folder: Path, told: Callable[[list[list[str]]], list[list[str]]]) -> dict[str, str]:
    """The pack's two files, with communities added so that every step takes a while, told in one of two ways."""
    folder.mkdir()
    data = Path(*pack.__path__) / "data"
    sources = {"divisions": data / "divisions.csv", "division_changes": data / "changes.csv"}
    for code, given in sources.items():
        with given.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        with (folder / given.name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *told(_swollen(rows) if code == "divisions" else rows)])
    return {code: str(folder / given.name) for code, given in sources.items()}


def _swollen(rows: list[list[str]]) -> list[list[str]]:
    known = {row[0] for row in rows}
    added = [
        [code, f"第{number}社区", "community", township]
        for township in (row[0] for row in rows if row[2] == "township")
        for number in range(1, PER_TOWNSHIP + 1)
        if (code := f"{township[:9]}{number:03d}") not in known
    ]
    return rows + added


def _as_given(rows: list[list[str]]) -> list[list[str]]:
    return rows


def _corrected(rows: list[list[str]]) -> list[list[str]]:
    """Some names put right, some of the last rows gone (nothing hangs on those)."""
    right = [[*row[:1], f"{row[1]}甲", *row[2:]] if place % 997 == 500 else row for place, row in enumerate(rows)]
    return right[:-25]
