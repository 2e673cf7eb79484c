"""`./gusu` is POSIX sh that says what is missing and never leaves half a `.venv`."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "gusu"
NO_ENSUREPIP = """#!/bin/sh
case "$*" in *"import ensurepip"*) exit 1 ;; esac
exec {python} "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the launcher needs of an empty clone, in a path with a space and Chinese in it."""
    there = tmp_path / "a 城 clone"
    (there / "requirements").mkdir(parents=True)
    for name in ("gusu", "uv.lock", "pyproject.toml", "requirements/uv.txt"):
        shutil.copy(ROOT / name, there / name)
    shutil.copytree(ROOT / "src", there / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return there


def launch(clone: Path, *words: str, path: str = os.environ["PATH"], cwd: Path | None = None) -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUSU_", "DATABASE_URL"))}
    environment = {**kept, "PATH": path, "HOME": str(clone)}
    done = subprocess.run(
        ["sh", str(clone / "gusu"), *words], capture_output=True, text=True, env=environment, cwd=cwd, check=False
    )
    return done.returncode, done.stdout, done.stderr


def fake_python(folder: Path, script: str) -> str:
    """A PATH on which python3 is `script` and everything else is the system's."""
    folder.mkdir()
    (folder / "python3").write_text(script)
    (folder / "python3").chmod(0o755)
    for version in ("3.11", "3.12", "3.13", "3.14"):
        (folder / f"python{version}").symlink_to("python3")
    return f"{folder}:/usr/bin:/bin"


def package_index_answers() -> bool:
    try:
        with urllib.request.urlopen("https://pypi.org/simple/uv/", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_every_shell_can_read_it(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    command = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]

    assert subprocess.run([*command, str(LAUNCHER)], capture_output=True, check=False).stderr == b""


def test_shellcheck_finds_nothing() -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    scripts = [str(LAUNCHER), str(ROOT / ".ci" / "run")]

    assert subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False).stdout == ""


def test_help_needs_nothing_installed(clone: Path, tmp_path: Path) -> None:
    code, said, _ = launch(clone, "--help", cwd=tmp_path)

    assert (code, said.splitlines()[0]) == (0, "Gusu 姑苏 - an open-source city government platform")
    assert not (clone / ".venv").exists()


def test_a_missing_ensurepip_is_answered_with_its_remedy(clone: Path, tmp_path: Path) -> None:
    path = fake_python(tmp_path / "bin", NO_ENSUREPIP.format(python=sys.executable))

    code, said, complaint = launch(clone, "up", path=path)

    assert (code, said) == (1, "")
    assert complaint.splitlines() == [
        f"gusu: {tmp_path}/bin/python3 cannot make virtual environments (ensurepip is missing). "
        "On Debian and Ubuntu: apt install python3-venv - then run this again."
    ]
    assert not list(clone.glob(".venv*"))


def test_an_old_python_is_answered_with_its_remedy(clone: Path, tmp_path: Path) -> None:
    path = fake_python(tmp_path / "bin", "#!/bin/sh\nexit 1\n")

    code, _, complaint = launch(clone, "up", path=path)

    assert (code, complaint.count("\n")) == (1, 1)
    assert complaint.startswith("gusu: Python 3.11 or newer is needed and none was found.")


def test_a_failed_venv_is_not_left_behind(clone: Path, tmp_path: Path) -> None:
    half = 'for last; do :; done; mkdir -p "$last/bin"; echo disk full >&2; exit 1'
    script = f'#!/bin/sh\nif [ "$1 $2" = "-m venv" ]; then {half}; fi\nexec {sys.executable} "$@"\n'

    code, _, complaint = launch(clone, "up", path=fake_python(tmp_path / "bin", script))

    assert (code, "disk full" in complaint) == (1, True)
    assert not list(clone.glob(".venv*"))


def test_uv_is_pinned_by_hash_for_every_platform() -> None:
    lines = (ROOT / "requirements" / "uv.txt").read_text().splitlines()
    pinned = [line for line in lines if line.startswith("uv==")]
    hashes = [line for line in lines if "--hash=sha256:" in line]

    assert len(pinned) == 1
    assert len(hashes) == len(set(hashes)) == 19


@pytest.mark.slow
def test_an_empty_clone_prepares_itself_and_the_second_time_does_nothing(clone: Path) -> None:
    if not package_index_answers():
        pytest.skip("the package index (pypi.org) is not reachable")

    first = launch(clone, "doctor", "--json")
    second = launch(clone, "doctor", "--json")

    assert (first[0], second[0]) == (0, 0)
    assert "installing what uv.lock names (run)" in first[2]
    assert second[2] == ""
