"""The main job survives SIGKILL of any process at any moment: nothing lost, nothing done twice, the same register.

GUSU_KILL_SEED    repeats a run's choices (printed at its start)
GUSU_KILL_ROUNDS  how many kills; 20, with --slow 100
"""

import csv
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest
from tests.stories.city import City, resident, wait_for

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
IDLE_AT_MOST = 256 << 20
FINAL = ("merged", "unchanged", "refused")

UNDER_WAY = """
SELECT task_name FROM procrastinate_jobs WHERE status = 'doing' AND id > %s AND task_name = ANY(%s) ORDER BY id
"""
WAITING = """
SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))
     + (SELECT count(*) FROM kernel_outboxevent WHERE delivered_at IS NULL)
     + (SELECT count(*) FROM resources_batch WHERE state <> ALL(%s))
"""
TWICE = """
SELECT verb, subject_id, count(*) FROM kernel_auditline
WHERE outcome = 'done' AND subject_kind = 'resources.batch' GROUP BY 1, 2 HAVING count(*) > 1
"""
TAKEN_UP = """
SELECT extract(epoch FROM min(at))::float FROM procrastinate_events JOIN procrastinate_jobs AS j ON j.id = job_id
WHERE type = 'started' AND at > to_timestamp(%s) AND task_name = ANY(%s)
"""
USUAL = """
SELECT task_name, max(extract(epoch FROM done.at - begun.at))::float FROM procrastinate_jobs AS j
JOIN procrastinate_events AS begun ON begun.job_id = j.id AND begun.type = 'started'
JOIN procrastinate_events AS done ON done.job_id = j.id AND done.type = 'succeeded'
WHERE j.id > %s GROUP BY 1
"""
UNFINISHED = """
SELECT id, task_name, status, attempts, args::text, scheduled_at, worker_id,
    (SELECT array_agg(type || ' ' || at ORDER BY e.id) FROM procrastinate_events AS e WHERE job_id = j.id)
FROM procrastinate_jobs AS j WHERE status <> 'succeeded' ORDER BY id DESC LIMIT 20
"""
NEWEST_JOB = "SELECT coalesce(max(id), 0) FROM procrastinate_jobs"


@dataclass(frozen=True)
class Kill:
    """One that landed. seconds: until a job of the road was begun again, and until all was done and well."""

    part: str
    step: str
    taken_up: float
    settled: float


@dataclass
class Story:
    """A city, two deliveries of the same data, what the register adds up to after each, how long each step takes."""

    city: City
    deliveries: list[dict[str, str]]
    seed: int
    digests: list[dict[str, str]] = field(default_factory=list)
    usual: dict[str, float] = field(default_factory=dict)
    turn: int = 0
    kills: list[Kill] = field(default_factory=list)
    too_late: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def run_undisturbed(self) -> None:
        """Each delivery once, to know what it should come to."""
        for delivery in self.deliveries:
            [(before,)] = self.city.ask(NEWEST_JOB)
            self.city.hand("queue", delivery)
            self.settle()
            self.digests.append(self.city.hand("digests"))
            self.usual |= dict(self.city.ask(USUAL, before))
        assert self.digests[0] != self.digests[1]

    def kill_during(self, step: str, part: str) -> bool:
        """Queue the next delivery, kill `part` at a random moment of `step`; whether the road was still under way."""
        [(before,)] = self.city.ask(NEWEST_JOB)
        delivery, expected, self.turn = self.deliveries[self.turn], self.digests[self.turn], 1 - self.turn
        self.city.hand("queue", delivery)
        wait_for(f"{step} to begin", lambda: step in self.under_way(before), every=0.01)
        time.sleep(self.dice.uniform(0, self.usual[STEPS[step]]))
        victims = self.city.victims(part)
        doing = self.under_way(before)
        if landed := bool(doing and victims):
            self._kill(part, self.dice.choice(victims), step if step in doing else doing[0])
        else:
            self.too_late += 1
            self.settle()
        self.prove_all_is_well(expected)
        return landed

    def under_way(self, before: int) -> list[str]:
        """Steps of the road that a worker is at."""
        names = {task: step for step, task in STEPS.items()}
        return [names[task] for (task,) in self.city.ask(UNDER_WAY, before, list(names))]

    def settle(self) -> None:
        """Return when nothing waits and /healthz is green."""

        def done() -> bool:
            return self.city.ask(WAITING, list(FINAL)) == [(0,)]

        wait_for("every job and batch to be done", self._is_done, every=0.1, traces=self._traces)
        wait_for("the city to be healthy", self.city.is_healthy, every=0.1, traces=self._traces)

    def _is_done(self) -> bool:
        return self.city.ask(WAITING, list(FINAL)) == [(0,)]

    def _traces(self) -> str:
        """What is not done, and what the city said last."""
        rows = [*self.city.ask(UNFINISHED), *self.city.ask("SELECT now(), * FROM procrastinate_workers")]
        return "\n".join([*map(str, rows), *self.city.said.read_text().splitlines()[-60:]])

    def prove_all_is_well(self, expected: dict[str, str]) -> None:
        """The claims of this story."""
        city = self.city
        assert city.hand("digests") == expected
        assert city.ask("SELECT state, count(*) FROM resources_batch WHERE state <> 'merged' GROUP BY 1") == []
        assert city.ask("SELECT id, task_name FROM procrastinate_jobs WHERE status = 'failed'") == []
        assert city.ask(TWICE) == []
        assert city.ask("SELECT inputs FROM resources_edition GROUP BY 1 HAVING count(*) > 1") == []
        assert city.ask("SELECT max(number) - count(*) FROM resources_edition") == [(0,)]
        assert city.ask("SELECT digest FROM resources_edition ORDER BY number DESC LIMIT 1") == [(*expected.values(),)]
        assert city.hand("lake_faults") == []
        assert city.hand("audit_faults") == []
        assert wait_for("status to be green", lambda: city.hand("trouble") == [], every=0.5, seconds=20)
        assert city.engines_at_work() == []
        assert [size for pid in city.engines() if (size := resident(pid)) > IDLE_AT_MOST] == []

    def _kill(self, part: str, victim: int, step: str) -> None:
        at = time.time()
        self.city.kill(victim)
        if part == "supervisor":
            self.city.up()
        self.settle()
        settled = time.time() - at
        [(begun,)] = self.city.ask(TAKEN_UP, at, list(STEPS.values()))
        kill = Kill(part, step, (begun or at) - at, settled)
        self.kills.append(kill)
        print(f"{len(self.kills):>4} {part} in {step}: {kill.taken_up:.1f} s, {settled:.1f} s", flush=True)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    seed = int(os.environ.get("GUSU_KILL_SEED") or random.SystemRandom().randrange(1 << 32))
    city = City(tmp_path)
    try:
        city.up()
        yield Story(city, [_delivery(tmp_path / "a", _as_given), _delivery(tmp_path / "b", _corrected)], seed)
    finally:
        city.down()


def test_the_main_job_survives_a_kill_of_any_process_at_any_moment(
    story: Story, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = int(os.environ.get("GUSU_KILL_ROUNDS") or (100 if pytestconfig.getoption("--slow") else 20))
    with capsys.disabled():
        print(f"\n{rounds} kills, GUSU_KILL_SEED={story.seed}", flush=True)
        story.settle()
        story.run_undisturbed()
        parts = _parts(rounds, story.dice)
        for part in parts:
            while not story.kill_during(story.dice.choice(list(STEPS)), part):
                assert story.too_late < rounds + 20
        print(_table(story), flush=True)

    assert Counter(kill.part for kill in story.kills) == Counter(parts)
    assert story.city.command("status")[0] == 0
    assert story.city.command("audit", "verify")[0] == 0
    assert story.city.hand("swept") == []
    assert list((story.city.place.run / "scratch").glob("*/*")) == []


def _parts(rounds: int, dice: random.Random) -> list[str]:
    """What is killed in which round: the mixture of TWENTY, shuffled."""
    parts: list[str] = []
    while len(parts) < rounds:
        parts += dice.sample(list(TWENTY), k=20, counts=list(TWENTY.values()))
    return parts[:rounds]


def _table(story: Story) -> str:
    """How many kills landed where, and how long it took until the road went on and until all was well."""
    lines = [f"{'killed':<12}{'receive':>8}{'check':>8}{'merge':>8}   taken up, settled after (median, longest)"]
    for part in TWENTY:
        kills = [kill for kill in story.kills if kill.part == part]
        steps = Counter(kill.step for kill in kills)
        spans = ", ".join(
            f"{median(times):.1f} s {max(times):.1f} s"
            for times in ([kill.taken_up for kill in kills], [kill.settled for kill in kills])
            if times
        )
        lines.append(f"{part:<12}" + "".join(f"{steps[step]:>8}" for step in STEPS) + f"   {spans}")
    usual = ", ".join(f"{step} {story.usual[task]:.2f} s" for step, task in STEPS.items())
    return "\n".join([*lines, f"undisturbed: {usual}; {story.too_late} kills came too late and were tried again"])


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
