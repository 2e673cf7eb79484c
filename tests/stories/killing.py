"""Killing parts of a city while its jobs are at work, and looking whether it heals: what the kill stories share.

GUSU_KILL_SEED    repeats a run's choices (printed at its start)
GUSU_KILL_ROUNDS  how many kills
"""

import os
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

import pytest
from tests.stories.city import City, resident, wait_for

IDLE_AT_MOST = 256 << 20
SHORTER = 0.7  # after a miss
FINAL = ("merged", "unchanged", "refused")

AT_WORK = """
SELECT j.id, task_name FROM procrastinate_jobs AS j
LEFT JOIN resources_batch AS b ON b.id = (args ->> 'batch')::bigint
LEFT JOIN resources_exchange AS e ON e.id = exchange_id
WHERE status = 'doing' AND j.id > %s AND task_name = ANY(%s) AND coalesce(e.pack, %s) = %s ORDER BY j.id
"""
INTERRUPTED = """
SELECT DISTINCT task_name FROM procrastinate_events JOIN procrastinate_jobs AS j ON j.id = job_id
WHERE job_id = ANY(%s) AND type IN ('started', 'aborted') AND at > to_timestamp(%s)
"""
WAITING = """
SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))
     + (SELECT count(*) FROM kernel_outboxevent WHERE delivered_at IS NULL)
     + (SELECT count(*) FROM resources_batch WHERE state <> ALL(%s))
"""
TWICE = """
SELECT verb, subject_id, count(*) FROM kernel_auditline
WHERE outcome = 'done' AND subject_kind = 'resources.batch' GROUP BY 1, 2
HAVING count(*) > CASE WHEN verb IN ('subjects.link_batch', 'subjects.forget_in')
    THEN 1 + (SELECT count(*) FROM resources_erasure) ELSE 1 END
"""  # an erasure has a batch forgotten and linked once more
TAKEN_UP = """
SELECT extract(epoch FROM min(at))::float FROM procrastinate_events JOIN procrastinate_jobs AS j ON j.id = job_id
WHERE type = 'started' AND at > to_timestamp(%s) AND task_name = ANY(%s)
"""
UNFINISHED = """
SELECT id, task_name, status, attempts, args::text, scheduled_at, worker_id,
    (SELECT array_agg(type || ' ' || at ORDER BY e.id) FROM procrastinate_events AS e WHERE job_id = j.id)
FROM procrastinate_jobs AS j WHERE status <> 'succeeded' ORDER BY id DESC LIMIT 20
"""
TO_DO = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name = ANY(%s)"
NEWEST_JOB = "SELECT coalesce(max(id), 0) FROM procrastinate_jobs"


@dataclass(frozen=True)
class Blow:
    """A part was killed at `at` while these jobs (job → step) were under way."""

    part: str
    aim: str
    at: float
    doing: Mapping[int, str]


@dataclass(frozen=True)
class Kill:
    """A blow that landed inside a step. seconds: until a job of the road was begun again, and until all was well."""

    part: str
    step: str
    taken_up: float
    well: float


@dataclass
class Hunt:
    """Who strikes at a city. steps: step → job, in the order of the road, of one pack; usual: seconds a step takes.

    end: the step that all the others lead to.  It is asked for often, and does nothing until they are done.
    """

    city: City
    steps: Mapping[str, str]
    pack: str
    seed: int
    end: str = ""
    usual: dict[str, float] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    too_late: int = 0
    reach: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def _aim(self, step: str) -> float:
        """Seconds to wait before the blow: within what the step usually takes, and within less after each miss."""
        return self.dice.uniform(0, self.usual[step] * self.reach.get(step, 1))

    def _missed(self, step: str) -> None:
        self.too_late += 1
        self.reach[step] = self.reach.get(step, 1) * SHORTER

    def newest_job(self) -> int:
        [(number,)] = self.city.ask(NEWEST_JOB)
        return int(number)

    def strike(self, step: str, part: str, *, after: int) -> Blow | None:
        """Kill `part` at a random moment of a `step` whose job is younger than `after`; None where there was none."""
        wait_for(f"{step} to begin", lambda: self._has_begun(step, after) or self.is_done(), every=0.01)
        time.sleep(self._aim(step))
        victims = self.city.victims(part)
        doing = self.under_way(after)
        if not doing or not victims:
            self._missed(step)
            return None
        blow = Blow(part, step, time.time(), doing)
        victim = self.dice.choice(victims)
        try:
            self.city.kill(victim)
        except ProcessLookupError:
            self._missed(step)
            return None
        if part == "supervisor":
            self.city.up()
        return blow

    def _has_begun(self, step: str, after: int) -> bool:
        others = [job for its, job in self.steps.items() if its != self.end]
        is_in_earnest = step != self.end or self.city.ask(TO_DO, others) == [(0,)]
        return is_in_earnest and step in self.under_way(after).values()

    def landed(self, blow: Blow) -> Kill | None:
        """The kill, noted, once the city is well again; None where every job had ended just before."""
        [(begun,)] = self.city.ask(TAKEN_UP, blow.at, list(self.steps.values()))
        hit = self.interrupted(blow)
        if not hit:
            self._missed(blow.aim)
            return None
        self.reach.pop(hit[0], None)
        kill = Kill(
            blow.part, blow.aim if blow.aim in hit else hit[0], (begun or blow.at) - blow.at, time.time() - blow.at
        )
        self.kills.append(kill)
        print(f"{len(self.kills):>4} {kill.part} in {kill.step}: {kill.taken_up:.1f} s, {kill.well:.1f} s", flush=True)
        return kill

    def interrupted(self, blow: Blow) -> list[str]:
        """The steps that had to be begun again: proof that the kill landed inside. What serves pages runs no step."""
        if blow.part == "web":
            return list(blow.doing.values())
        names = {task: step for step, task in self.steps.items()}
        return [names[task] for (task,) in self.city.ask(INTERRUPTED, list(blow.doing), blow.at)]

    def under_way(self, after: int) -> dict[int, str]:
        """Jobs of the road that a worker is at, with their steps."""
        names = {task: step for step, task in self.steps.items()}
        found = self.city.ask(AT_WORK, after, list(names), self.pack, self.pack)
        return {number: names[task] for number, task in found}

    def is_done(self) -> bool:
        return self.city.ask(WAITING, list(FINAL)) == [(0,)]

    def settle(self) -> None:
        """Return when nothing waits and /healthz is green."""
        wait_for("every job and batch to be done", self.is_done, every=0.1, traces=self.traces)
        wait_for("the city to be healthy", self.city.is_healthy, every=0.1, traces=self.traces)

    def heal(self, blow: Blow) -> None:
        """Return when what was interrupted has been begun again and /healthz is green."""
        wait_for("the road to go on", lambda: self.interrupted(blow) or self.is_done(), every=0.1, traces=self.traces)
        wait_for("the city to be healthy", self.city.is_healthy, every=0.1, traces=self.traces)

    def prove_the_house_is_well(self) -> None:
        """Nothing failed, nothing done twice, nothing left over; call it when all is settled."""
        city = self.city
        failed = city.ask("SELECT id, task_name FROM procrastinate_jobs WHERE status = 'failed'")
        assert failed == [], f"{failed}\n{self.traces()}"
        assert city.ask(TWICE) == []
        assert city.hand("lake_faults") == []
        assert city.hand("audit_faults") == []
        assert wait_for("status to be green", lambda: city.hand("trouble") == [], every=0.5, seconds=20)
        assert city.engines_at_work() == []
        assert [size for pid in city.engines() if (size := resident(pid)) > IDLE_AT_MOST] == []

    def prove_nothing_is_left_over(self) -> None:
        """The last look: the commands say so too, no file lies about."""
        assert self.city.command("status")[0] == 0
        assert self.city.command("audit", "verify")[0] == 0
        assert self.city.hand("swept") == []
        assert list((self.city.place.run / "scratch").glob("*/*")) == []

    def table(self) -> str:
        """How many kills landed where, and how long it took until the road went on and until all was well."""
        heads = "".join(f"{step:>8}" for step in self.steps)
        lines = [f"{'killed':<12}{heads}   taken up, well again after (median, longest)"]
        for part in sorted({kill.part for kill in self.kills}):
            kills = [kill for kill in self.kills if kill.part == part]
            steps = Counter(kill.step for kill in kills)
            spans = ", ".join(
                f"{median(times):.1f} s {max(times):.1f} s"
                for times in ([kill.taken_up for kill in kills], [kill.well for kill in kills])
            )
            lines.append(f"{part:<12}" + "".join(f"{steps[step]:>8}" for step in self.steps) + f"   {spans}")
        usual = ", ".join(f"{step} {self.usual[step]:.2f} s" for step in self.steps)
        return "\n".join([*lines, f"undisturbed: {usual}; {self.too_late} kills came too late and were tried again"])

    def traces(self) -> str:
        """What is not done, and what the city said last."""
        rows = [*self.city.ask(UNFINISHED), *self.city.ask("SELECT now(), * FROM procrastinate_workers")]
        return "\n".join([*map(str, rows), *self.city.said.read_text().splitlines()[-60:]])


def chosen_seed() -> int:
    return int(os.environ.get("GUSU_KILL_SEED") or random.SystemRandom().randrange(1 << 32))


def rounds(config: pytest.Config, usually: int) -> int:
    """How many kills; with --slow a hundred."""
    return int(os.environ.get("GUSU_KILL_ROUNDS") or (100 if config.getoption("--slow") else usually))


def parts(mixture: Counter[str], count: int, dice: random.Random) -> list[str]:
    """What is killed in which round: the mixture, shuffled, as often as it takes."""
    found: list[str] = []
    while len(found) < count:
        found += dice.sample(list(mixture), k=mixture.total(), counts=list(mixture.values()))
    return found[:count]
