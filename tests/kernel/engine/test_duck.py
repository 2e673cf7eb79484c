"""The engine in its child: its failures are errors here, its words never quote a cell."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gusu.kernel.engine import duck
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


def _child_of(pid: int) -> int:
    """The engine child of a process, once it runs our script; 0 when there is none."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in listed.read_text().split():
            if b"engine/child.py" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return 0
