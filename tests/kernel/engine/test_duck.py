"""The engine in its child: its failures are errors here, its words never quote a cell."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from django.conf import settings

from gusu.kernel.crypto import keys
from gusu.kernel.engine import duck, process
from gusu.kernel.engine.errors import EngineDied, EngineRefused

ID = "32050319900101001X"
ENDLESS = "SELECT count(*) FROM range(100000000000) WHERE hash(range) = 7"
HOSTILE = [
    "",
    "'",
    "''",
    '"',
    "\\",
    "\\'",
    "'; DROP TABLE x; --",
    "a\nb\r\nc",
    "%s %(x)s {} $1 ?",
    "/* */ --",
    "苏州🏯𠀀",
    "\t\x01\x7f",
    "NULL",
    "~",
]


def test_each_statement_answers_its_rows() -> None:
    assert duck.run(["SELECT 1, 'a'", "SELECT * FROM range(2)", "SELECT NULL WHERE false"]) == [
        [[1, "a"]],
        [[0], [1]],
        [],
    ]


def test_literals_carry_anything_and_names_too() -> None:
    literals = ", ".join(map(duck.literal, HOSTILE))
    names = ", ".join(f"{place} AS {duck.name(text)}" for place, text in enumerate(HOSTILE) if text)

    [values], described = duck.run([f"SELECT {literals}", f"SELECT column_name FROM (DESCRIBE SELECT {names})"])

    assert values == HOSTILE
    assert [text for (text,) in described] == [text for text in HOSTILE if text]
    assert [duck.literal(None), duck.literal(-7)] == ["NULL", "-7"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_text_can_hold_is_refused_and_not_cut(text: str) -> None:
    with pytest.raises(EngineRefused):
        duck.run([f"SELECT {duck.literal(text)}"])


def test_out_of_memory_is_an_error_and_the_worker_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUSU_ENGINE_MEMORY", "20MB")

    with pytest.raises(EngineRefused) as refusal:
        duck.run(["SELECT 1", "SELECT list(range::VARCHAR || repeat('x', 200)) FROM range(3000000)"])

    assert refusal.value.wants_memory
    assert "not enough memory" in refusal.value.said.en
    assert "statement 2" in refusal.value.said.en


def test_a_killed_child_is_an_error_and_the_worker_lives() -> None:
    def kill() -> None:
        for _ in range(500):
            if child := _child_of(os.getpid()):
                time.sleep(0.2)
                os.kill(child, signal.SIGKILL)
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()

    with pytest.raises(EngineDied):
        duck.run([ENDLESS])

    killer.join()
    assert duck.run(["SELECT 1"]) == [[[1]]]


def test_the_child_dies_with_its_parent() -> None:
    program = f"from gusu.kernel.engine import duck; duck.run([{ENDLESS!r}])"
    parent = subprocess.Popen([sys.executable, "-c", f"import django; django.setup(); {program}"])
    child = 0
    for _ in range(1000):
        if child := _child_of(parent.pid):
            break
        time.sleep(0.01)
    time.sleep(0.3)

    parent.kill()
    parent.wait()

    for _ in range(300):
        if not Path(f"/proc/{child}").exists():
            break
        time.sleep(0.01)
    assert child
    assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT '{ID}'::INTEGER",
        f"SELECT CAST(x AS DATE) FROM (VALUES ('{ID}')) AS v(x)",
        f"SELECT error('{ID}')",
        f"SELECT regexp_full_match('{ID}', '(')",
        f"SELECT * FROM read_parquet('/nowhere/{ID}.parquet')",
        f"SELECT (VALUES ('{ID}'), ('b'))::INTEGER",
        f"SELECT strptime('{ID}', '%Y')",
    ],
)
def test_a_refusal_tells_the_statement_and_no_value(statement: str) -> None:
    with pytest.raises(EngineRefused) as refusal:
        duck.run(["SELECT 1", statement])

    assert ID not in f"{refusal.value!r} {refusal.value.said.both} {refusal.value.values}"
    assert "statement 2" in refusal.value.said.en
    assert "第 2 步" in refusal.value.said.zh


def test_a_refused_file_is_named_by_line_and_not_by_cell(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f"a,b\n1,2\n{ID}\n")

    with pytest.raises(EngineRefused) as refusal:
        duck.run(
            [f"SELECT * FROM read_csv('{tmp_path}/x.csv', auto_detect=false, columns={{a: 'VARCHAR', b: 'VARCHAR'}})"]
        )

    assert refusal.value.line == 3
    assert ID not in f"{refusal.value!r} {refusal.value.said.both} {refusal.value.values}"


def test_a_faulty_program_is_told_in_the_engines_words() -> None:
    with pytest.raises(EngineRefused, match="nmae"):
        duck.run(["SELECT nmae FROM (SELECT 1 AS name)"])


def test_the_next_program_runs_in_the_same_process_and_sees_nothing_of_the_last() -> None:
    duck.run(["CREATE TABLE left_behind AS SELECT 1", "SET VARIABLE word = 'x'", "SELECT 1"])
    first = _child_of(os.getpid())

    [[[tables, word]]] = duck.run(["SELECT (SELECT count(*) FROM duckdb_tables()), getvariable('word')"])

    assert [tables, word] == [0, None]
    assert _child_of(os.getpid()) == first > 0


def test_a_refusal_leaves_the_engine_ready() -> None:
    duck.run(["SELECT 1"])
    first = _child_of(os.getpid())

    with pytest.raises(EngineRefused):
        duck.run(["SELECT nonsense"])

    assert duck.run(["SELECT 2"]) == [[[2]]]
    assert _child_of(os.getpid()) == first


def test_one_killed_between_programs_is_replaced_without_a_word() -> None:
    for _ in range(3):
        duck.run(["SELECT 1"])
        os.kill(_child_of(os.getpid()), signal.SIGKILL)

        assert duck.run(["SELECT 2"]) == [[[2]]]


def test_an_idle_engine_ends_by_itself_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "IDLE", 0.2)
    process._forget()
    duck.run(["SELECT 1"])
    engine = _child_of(os.getpid())

    _wait_until(lambda: not _runs(engine))

    assert duck.run(["SELECT 2"]) == [[[2]]]
    process._forget()


def test_a_large_program_gives_its_memory_and_its_spill_back() -> None:
    duck.run(["SELECT 1"])
    before = _resident(_child_of(os.getpid()))
    large = "CREATE TABLE t AS SELECT range::VARCHAR || repeat('x', 40) AS x FROM range(6000000)"
    duck.run([large, "SELECT max(x) FROM (SELECT x, count(*) FROM t GROUP BY x)"])
    engine = _child_of(os.getpid())

    assert engine == 0 or _resident(engine) < before + 100_000_000
    assert duck.run(["SELECT 1"]) == [[[1]]]
    assert list((settings.DATA / "run" / "scratch").glob(f"{os.getpid()}-*/engine-*")) == []


def test_threads_have_an_engine_each_and_it_goes_with_them() -> None:
    def ask() -> None:
        duck.run(["SELECT 1"])
        engines.append(_children_of_this_thread())

    engines: list[list[int]] = []
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(children) for children in engines] == [1, 1, 1]
    assert len({engine for [engine] in engines}) == 3
    for [engine] in engines:
        _wait_until(lambda engine=engine: not _runs(engine))


def test_a_fork_leaves_its_parents_engine_alone() -> None:
    program = """
import django, os; django.setup()
from gusu.kernel.engine import duck, process
duck.run(["SELECT 1"]); mine = process._kept.engine.process.pid
if (fork := os.fork()) == 0:
    assert duck.run(["SELECT 2"]) == [[[2]]] and process._kept.engine.process.pid != mine
    raise SystemExit(0)
assert os.waitpid(fork, 0)[1] == 0
assert duck.run(["SELECT 3"]) == [[[3]]] and process._kept.engine.process.pid == mine
"""
    ended = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_a_library_prints_is_no_answer() -> None:
    assert duck.run(["COPY (SELECT 'loud') TO '/dev/stdout' (FORMAT csv)", "SELECT 1"])[1] == [[1]]


def test_it_says_whether_it_is_at_work() -> None:
    duck.run(["SELECT 1"])
    name = Path(f"/proc/{_child_of(os.getpid())}/comm")
    before, during = name.read_text(), list[str]()

    def watch() -> None:
        _wait_until(lambda: name.read_text() == "gusu-engine\n")
        during.append("gusu-engine")

    watcher = threading.Thread(target=watch)
    watcher.start()
    duck.run(["SELECT count(*) FROM range(200000000) WHERE hash(range) = 7"])
    watcher.join()

    assert during == ["gusu-engine"]
    assert [before, name.read_text()] == ["gusu-idle\n"] * 2


SECRETS: dict[str, str | bytes] = {
    "blind/x inner": bytes(range(224, 256)),
    "salt": "5a17c0ffee5a17c0ffee",
    "odd": "'\"\n",
}


def test_a_secret_is_used_without_being_written() -> None:
    asked = ", ".join(map(duck.secret, SECRETS))

    assert duck.run([f"SELECT hex(a), b, c FROM (SELECT {asked}) AS v(a, b, c)"], secrets=SECRETS) == [
        [[bytes(range(224, 256)).hex().upper(), "5a17c0ffee5a17c0ffee", "'\"\n"]]
    ]
    assert duck.run([f"SELECT {duck.secret('salt')}"]) == [[[None]]]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT {key} + 1",
        "SELECT {key} FROM nowhere",
        "SELECT {salt}::INTEGER",
        "SELECT error({salt})",
        "SELECT {salt}, a FROM range(3) AS t(b) GROUP BY {salt} || b::VARCHAR",
        "SELECT * FROM read_parquet({salt})",
        "SELECT nope({key})",
        "SELECT ({key}",
        "PRAGMA table_info({salt})",
        "SELECT * FROM query({salt})",
        "SELECT * FROM query_table({salt})",
        "SELECT struct_extract({{'a': 1}}, {salt})",
        "SELECT strptime('1', {salt})",
        "SELECT regexp_matches('a', {salt} || '(')",
        "SELECT date_part({salt}, DATE '2024-01-01')",
        "SELECT CAST({salt} AS ENUM('a'))",
    ],
)
def test_a_refusal_never_shows_a_secret(statement: str) -> None:
    written = statement.format(key=duck.secret("blind/x inner"), salt=duck.secret("salt"))

    with pytest.raises(EngineRefused) as refusal:
        duck.run([written], secrets=SECRETS)

    shown = f"{refusal.value!r} {refusal.value.said.both} {refusal.value.values}".lower()
    assert [form for form in ("5a17c0ffee", "xe0", "e0e1e2") if form in shown] == []


def _wait_until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come true in five seconds")


def _runs(pid: int) -> bool:
    """Whether there is such a process that has not ended (one nobody has waited for yet has no memory)."""
    try:
        return _resident(pid) > 0
    except OSError:
        return False


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _children_of_this_thread() -> list[int]:
    return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]


def _child_of(pid: int) -> int:
    """The engine child of a process, once it runs our script; 0 when there is none."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in listed.read_text().split():
            with contextlib.suppress(OSError):  # it was one that has just ended
                if b"engine/child.py" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
    return 0


@pytest.mark.usefixtures("own_keys")
def test_a_file_of_the_lake_is_closed_and_says_by_which_key(tmp_path: Path) -> None:
    first, plain = f"{tmp_path}/a.k{keys.active()}.parquet", f"{tmp_path}/before-there-were-keys.parquet"
    duck.run([f"COPY (SELECT '{ID}' AS number) TO '{path}' ({duck.parquet(path)})" for path in (first, plain)])
    keys.rotate()
    second = f"{tmp_path}/b.k{keys.active()}.parquet"
    duck.run([f"COPY (SELECT '{ID}' AS number) TO '{second}' ({duck.parquet(second)})"])

    assert [ID.encode() in Path(path).read_bytes() for path in (first, plain, second)] == [False, True, False]
    assert duck.run([f"SELECT count(*) FROM {duck.files([second, plain, first])} WHERE number = '{ID}'"]) == [[[3]]]
    with pytest.raises(duckdb.Error, match="encrypted"):
        duckdb.read_parquet(first).fetchall()
    wrong = Path(first).rename(tmp_path / f"a.k{keys.active()}.parquet")
    with pytest.raises(EngineRefused):
        duck.run([f"SELECT * FROM {duck.files([str(wrong)])}"])
