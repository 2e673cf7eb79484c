"""How a city is, seen from outside: nothing is started to find out."""

import shutil
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection

from gusu.site.health import LIVE_WORKERS, WORKER_SILENT_AFTER
from gusu.site.server.place import Place
from gusu.site.server.prepare import pending_migrations
from gusu.site.server.supervisor import health, require_same_database, running

LOW_DISK = 1 << 30


@dataclass(frozen=True)
class Part:
    """One thing that must be well."""

    name: str
    ok: bool
    said: str


@dataclass(frozen=True)
class City:
    """What was seen. queues: name → state → number of jobs."""

    address: str
    parts: tuple[Part, ...]
    queues: dict[str, dict[str, int]]

    @property
    def green(self) -> bool:
        return all(part.ok for part in self.parts)


def observed(place: Place) -> City:
    """Look at every part."""
    require_same_database(place)
    address = place.address() if running(place) else ""
    database = _database()
    inside = (_migrations(), _worker()) if database.ok else (_unseen("migrations"), _unseen("worker"))
    return City(
        address, (database, *inside, _web(address), _disk(place)), _queues() if database.ok and inside[0].ok else {}
    )


def as_text(city: City) -> str:
    """For people."""
    lines = [f"{'ok ' if part.ok else 'NO '} {part.name:<11} {part.said}" for part in city.parts]
    lines += [
        f"    queue {name:<5} " + ", ".join(f"{number} {state}" for state, number in states.items())
        for name, states in city.queues.items()
    ]
    lines.append("" if city.address else "\n./gusu up starts the city.")
    return "\n".join(lines).rstrip()


def as_data(city: City) -> dict[str, object]:
    """For programs."""
    parts = {part.name: {"ok": part.ok, "said": part.said} for part in city.parts}
    return {"green": city.green, "address": city.address, **parts, "queues": city.queues}


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT split_part(version(), ' on ', 1)")
            return Part("database", True, str(cursor.fetchone()[0]))
    except DatabaseError as failure:
        return Part("database", False, str(failure).strip().splitlines()[0])


def _migrations() -> Part:
    pending = pending_migrations()
    return Part("migrations", pending == 0, f"{pending} pending" if pending else "all applied")


def _worker() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {LIVE_WORKERS}")
            alive = int(cursor.fetchone()[0])
    except DatabaseError as failure:
        return Part("worker", False, str(failure).strip().splitlines()[0])
    return Part(
        "worker", alive > 0, f"{alive} alive" if alive else f"none has been heard of for {WORKER_SILENT_AFTER} s"
    )


def _web(address: str) -> Part:
    said = health(address) if address else "not running"
    return Part("web", said == "ok", address if said == "ok" else said)


def _disk(place: Place) -> Part:
    free = place.free_bytes()
    total = shutil.disk_usage(settings.DATA if settings.DATA.exists() else "/").total
    return Part("disk", free > LOW_DISK, f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free")


def _queues() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2"
        )
        for queue, state, number in cursor.fetchall():
            found.setdefault(queue, {})[state] = number
    return found


def _unseen(name: str) -> Part:
    return Part(name, False, "unknown without the database")
