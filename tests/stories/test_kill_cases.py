"""From submission to licence to the department's own table, and any process may be killed on the way: one case, one
licence, one row.  Eight kills, with --slow sixty.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.stories.city import City, wait_for
from tests.stories.killing import Hunt, chosen_seed, parts, rounds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

PEOPLE = 1_200
CASES_A_ROUND = 6
STEPS = {
    "issue": "gusu.cases.issue",
    "return": "gusu.exchange.return",
    "close": "gusu.cases.close",
    "tell": "gusu.kernel.events.deliver",
}
MIXTURE = Counter(worker=4, postgres=2, backend=1, supervisor=1)


@pytest.fixture
def hunt(tmp_path: Path) -> Iterator[Hunt]:
    city = City(tmp_path, people=PEOPLE)
    try:
        city.up()
        yield Hunt(city, STEPS, "population", chosen_seed())
    finally:
        city.down()


def test_a_case_becomes_one_licence_and_one_row_whatever_is_killed(
    hunt: Hunt, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    city, count = hunt.city, 8 * rounds(pytestconfig, usually=10) // 10
    hunt.settle()
    city.hand("cases_told")  # it has started
    with capsys.disabled():
        print(f"\n{count} kills, GUSU_KILL_SEED={hunt.seed}", flush=True)
        for done, part in enumerate(parts(MIXTURE, count, hunt.dice)):
            with ThreadPoolExecutor(1) as aside:
                decided = aside.submit(city.hand, "decide_cases", done * CASES_A_ROUND, CASES_A_ROUND)
                time.sleep(hunt.dice.uniform(0, 1.5))
                _strike(hunt, part)
                assert decided.result() == CASES_A_ROUND
            wait_for("the city to be healthy", city.is_healthy, every=0.1)
        hunt.settle()
        told = city.hand("cases_told")
        print(told, flush=True)

    cases = count * CASES_A_ROUND
    unfinished = city.ask("SELECT task_name, status, args::text FROM procrastinate_jobs WHERE status <> 'succeeded'")
    assert unfinished == [], hunt.traces()
    assert told == {"states": {"closed": cases}, "licences": cases, "rows": cases, "twice": [], "strange": []}
    assert city.hand("audit_faults") == []


def _strike(hunt: Hunt, part: str) -> None:
    victims = hunt.city.victims(part)
    if not victims:
        return
    try:
        hunt.city.kill(hunt.dice.choice(victims))
    except ProcessLookupError:
        return
    if part == "supervisor":
        hunt.city.up()
