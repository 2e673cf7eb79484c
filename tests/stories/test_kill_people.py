"""Four departments' records become golden records, and any process may be killed on the way: the same register.

The city that is killed and one that is not have the same keys, people and days; whatever can be told of the two is
equal after every delivery.  Ten kills, with --slow a hundred (killing.py).
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, cycle
from pathlib import Path
from typing import Any

import pytest
from tests import people_road
from tests.departments import departments
from tests.stories.city import City
from tests.stories.killing import Hunt, chosen_seed, parts, rounds

from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.site.first_run import SEED
from gusu.site.wiring import PACK_ROOMS

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
    pytest.mark.usefixtures("committed"),
]

PEOPLE = 3_000
STEPS = {
    "receive": "gusu.exchange.receive",
    "check": "gusu.quality.check",
    "link": "gusu.subjects.link",
    "fuse": "gusu.subjects.fuse",
    "forget": "gusu.subjects.forget",
}
TEN = Counter(worker=3, engine=3, postgres=2, backend=2)
KILLS_A_DELIVERY = 3
TOO_LATE_AT_MOST = 20


@dataclass
class Undisturbed:
    """The city nobody kills: this process's own. usual: the longest each step took, in seconds."""

    usual: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def deliver(self, delivery: str) -> dict[str, Any]:
        """Travel the road of one delivery; answers all that can be told then."""
        people_road.travel(people_road.hand_in(delivery), self._timed)
        return people_road.told()

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.usual[step] = max(self.usual[step], time.monotonic() - begun)


@dataclass
class Story:
    """The city that is killed, and the one that is not."""

    hunt: Hunt
    undisturbed: Undisturbed
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def city(self) -> City:
        return self.hunt.city

    def kill_during(self, delivery: str, victims: list[str]) -> None:
        """Deliver, kill the first of `victims` in one step after the other, and take off the list who was hit.

        Each time the city heals by itself before the next blow; in the end it tells what the undisturbed one tells.
        """
        expected = self.undisturbed.deliver(delivery)
        assert expected["rebuilt"] == (delivery != "day")
        self.hunt.usual = self.undisturbed.usual
        before = self.hunt.newest_job() if delivery != "first" else 0
        if delivery == "first":
            self.city.up()
        else:
            self.city.hand("hand_in", delivery)
        for step in self._aims():
            if victims and (blow := self.hunt.strike(step, victims[0], after=before)):
                self.hunt.heal(blow)
                if kill := self.hunt.landed(blow):
                    self.hits[delivery, kill.step] += 1
                    victims.pop(0)
        self.hunt.settle()
        told = self.city.hand("told")
        assert told.pop("batches") == expected.pop("batches")
        assert told == expected
        assert self.city.hand("swept") == []
        self.hunt.prove_the_house_is_well()

    def _aims(self) -> list[str]:
        """Steps in the order of the road; those hit least before the others."""
        steps, dice = list(STEPS), self.hunt.dice
        hit = Counter(kill.step for kill in self.hunt.kills)
        chosen = sorted(dice.sample(steps, k=len(steps)), key=lambda step: hit[step])[:KILLS_A_DELIVERY]
        return sorted(chosen, key=steps.index)

    @property
    def every_step_was_hit(self) -> bool:
        """A merge into golden records that stand among them."""
        return {step for _, step in self.hits} == set(STEPS) and self.hits["day", "fuse"] > 0


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    apply(load(gather(PACK_ROOMS)), by=people_road.BY)
    city = City(tmp_path, people=PEOPLE)
    with departments(PEOPLE, seed=SEED):
        try:
            yield Story(Hunt(city, STEPS, people_road.PACK, chosen_seed(), "fuse"), Undisturbed())
        finally:
            city.down()


def test_the_peoples_road_survives_a_kill_of_any_process_at_any_moment(
    story: Story, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    hunt, count = story.hunt, rounds(pytestconfig, usually=10)
    with capsys.disabled():
        print(f"\n{count} kills, GUSU_KILL_SEED={hunt.seed}", flush=True)
        planned = parts(TEN, count, hunt.dice)
        left = list(planned)
        for delivery in chain(["first"], cycle(["day", "whole"])):
            story.kill_during(delivery, left)
            if not left and story.every_step_was_hit:
                break
            left = left or ["engine"]
            assert hunt.too_late < count + TOO_LATE_AT_MOST
        print(hunt.table(), flush=True)

    assert not Counter(planned) - Counter(kill.part for kill in hunt.kills)
    hunt.prove_nothing_is_left_over()
