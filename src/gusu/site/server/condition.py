"""How a city is, seen from outside: nothing is started to find out."""

import shutil
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Q

from gusu.identity.accounts.queries import Appointment
from gusu.identity.organisations.queries import names_of
from gusu.kernel import clock
from gusu.kernel.text import Text
from gusu.resources.objections.queries import UNANSWERED, Objection
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
    """What was seen. queues: name → state → number of jobs.  notes: what stops nothing, and somebody should see to."""

    address: str
    parts: tuple[Part, ...]
    queues: dict[str, dict[str, int]]
    notes: tuple[Text, ...] = ()

    @property
    def green(self) -> bool:
        return all(part.ok for part in self.parts)


def observed(place: Place) -> City:
    """Look at every part."""
    require_same_database(place)
    address = place.address() if running(place) else ""
    database = _database()
    inside = (_migrations(), _worker()) if database.ok else (_unseen("migrations"), _unseen("worker"))
    parts = (database, *inside, _web(address), _disk(place))
    return City(address, parts, _queues(), unanswerable()) if database.ok and inside[0].ok else City(address, parts, {})


def as_text(city: City) -> str:
    """For people."""
    lines = [f"{'ok ' if part.ok else 'NO '} {part.name:<11} {part.said}" for part in city.parts]
    lines += [f"注意 {note.both}" for note in city.notes]
    lines += [
        f"    queue {name:<5} " + ", ".join(f"{number} {state}" for state, number in states.items())
        for name, states in city.queues.items()
    ]
    lines.append("" if city.address else "\n./gusu up starts the city.")
    return "\n".join(lines).rstrip()


def as_data(city: City) -> dict[str, object]:
    """For programs."""
    parts = {part.name: {"ok": part.ok, "said": part.said} for part in city.parts}
    notes = [{"zh": note.zh, "en": note.en} for note in city.notes]
    return {"green": city.green, "address": city.address, **parts, "queues": city.queues, "notes": notes}


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


def unanswerable() -> tuple[Text, ...]:
    """Organisations that have to answer objections, where nobody in service may."""
    today = clock.today()
    answering = Appointment.objects.filter(
        Q(until=None) | Q(until__gt=today),
        since__lte=today,
        account__closed_at=None,
        role__retired_at=None,
        role__permissions__contains=["objections.answer"],
    )
    waiting = Objection.objects.filter(state__in=UNANSWERED).values("provider").annotate(number=Count("pk"))
    found = dict(
        waiting.exclude(provider__in=answering.values("organisation__code"))
        .order_by("provider")
        .values_list("provider", "number")
    )
    names = names_of(set(found))
    return tuple(
        UNANSWERABLE.filled(name=names.get(code, Text(code, code)), number=number) for code, number in found.items()
    )


UNANSWERABLE = Text(
    "{name}有 {number} 件数据异议待答复，但没有在岗人员可以答复：请任命一名可答复异议的人员",
    "{name} has {number} to answer of what people object to, and nobody in service may: appoint somebody who may",
)


def _unseen(name: str) -> Part:
    return Part(name, False, "unknown without the database")
