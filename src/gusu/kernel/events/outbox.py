"""Telling upstairs what happened: written with the change itself, delivered by a job queued in the same transaction.

Who listens is one table in the site (`wiring.LISTENERS`), handed to `listen` at start.  Delivery is at least once, so
a listener only queues a job or calls a step, both of which bear repetition.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from django.db import transaction

from gusu.kernel import clock
from gusu.kernel.events.models import OutboxEvent


class Event(msgspec.Struct, frozen=True):
    """Base of every event: a frozen record of ids and codes, with a stable `name` ("exchange.batch_landed")."""

    name: ClassVar[str]


Listener = Callable[[Any], None]
_listeners: dict[str, tuple[type[Event], Sequence[Listener]]] = {}
DELIVER = "gusu.kernel.events.deliver"


def listen(table: Mapping[type[Event], Sequence[Listener]]) -> None:
    """Set who hears which event; called once at start with the site's table."""
    _listeners.clear()
    _listeners.update({event.name: (event, listeners) for event, listeners in table.items()})


def publish(event: Event) -> None:
    """Put `event` in the outbox, inside the caller's transaction."""
    from procrastinate.contrib.django import app  # the job library's app exists only once Django is ready

    row = OutboxEvent.objects.create(name=event.name, body=msgspec.to_builtins(event), at=clock.now())
    app.configure_task(DELIVER).defer(event=row.pk)


def deliver(event: int) -> None:
    """Call every listener of one outbox row and mark it delivered; a second call finds it done."""
    with transaction.atomic():
        row = OutboxEvent.objects.select_for_update().get(pk=event)
        if row.delivered_at:
            return
        kind, listeners = _listeners[row.name]  # an event the site's table does not list is a defect: the job fails
        for listener in listeners:
            listener(msgspec.convert(row.body, kind))
        row.delivered_at = clock.now()
        row.save(update_fields=["delivered_at"])
