"""Merging: from the newest checked batch of each source to the next edition of a register."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from gusu.kernel import clock, scratch
from gusu.kernel.action import step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.crypto import keys
from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import literal, name
from gusu.resources.exchange.actions import mark_merged
from gusu.resources.exchange.queries import Batch, files_of, newest_checked
from gusu.resources.quality.queries import kept_out_files
from gusu.resources.registers import history, store
from gusu.resources.registers.events import EditionPublished
from gusu.resources.registers.models import Edition, Register
from gusu.resources.registers.spec import RegisterPiece, spec_of


@step
def merge_register(register: Register, *, by: Actor) -> Callable[[Register], EditionPublished | None] | None:
    """Publish the next edition from what has arrived; nothing to do while a source is still awaited or nothing is new.

    Spans are computed in the engine; the commit closes the rows that no longer hold and adds those that newly do.
    Readers see the old edition until it commits and the new one from then on.
    """
    spec = spec_of(register.spec)
    batches = {resource: newest_checked(resource) for resource in spec.sources}
    arrived = {resource: batch for resource, batch in batches.items() if batch}
    inputs = _inputs(register, arrived)
    if len(arrived) < len(batches) or _newest_inputs(register) == inputs:
        return None
    exported = scratch.for_the_step("edition")
    _export(spec, arrived, exported)
    return lambda fresh: _publish(fresh, spec, inputs, arrived, exported)


def _inputs(register: Register, arrived: dict[str, Batch]) -> list[str]:
    """What an edition is made of: the batches, the declaration, and the program."""
    declared = sha256(json.dumps(register.spec, sort_keys=True).encode()).hexdigest()[:16]
    return [*sorted(str(batch) for batch in arrived.values()), f"declaration {declared}", f"program {history.VERSION}"]


def _newest_inputs(register: Register) -> list[str] | None:
    """Only the newest counts: a declaration that returns to an earlier wording is a new edition."""
    found: list[str] | None = register.editions.order_by("-number").values_list("inputs", flat=True).first()
    return found


def salt_of(register: str) -> str:
    """Digest salt of a register: the city's own, so that a published digest betrays no enumerable value."""
    return keys.derived(f"digest/{register}", keys.versions()[0]).hex()


def _export(spec: RegisterPiece, arrived: dict[str, Batch], folder: Path) -> None:
    salt = literal(salt_of(spec.code))
    versions, changes = history.content(spec), history.CHANGE
    columns, reported = ", ".join(map(name, versions)), ", ".join(map(name, changes))
    stated, told = (arrived[resource].pk for resource in spec.sources)
    source = f"CASE WHEN _stated THEN {stated} ELSE {told} END"
    duck.run(
        [
            *history.program(
                spec,
                {resource: files_of(batch) for resource, batch in arrived.items()},
                {resource: kept_out_files(batch) for resource, batch in arrived.items()},
                f"sha256({salt} || {store.canonical(versions)})",
                f"sha256({salt} || {store.canonical(changes)})",
            ),
            f"COPY (SELECT {columns}, fingerprint, {source}, _position, _ended_position FROM versions ORDER BY ALL) "
            f"TO {literal(str(folder / 'versions.csv'))} (FORMAT csv, HEADER false)",
            f"COPY (SELECT {reported}, fingerprint, {told}, _position FROM reported ORDER BY ALL) "
            f"TO {literal(str(folder / 'changes.csv'))} (FORMAT csv, HEADER false)",
        ]
    )


def _publish(
    register: Register, spec: RegisterPiece, inputs: list[str], arrived: dict[str, Batch], folder: Path
) -> EditionPublished | None:
    if _newest_inputs(register) == inputs:
        return None
    number = (register.editions.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    added, closed, unchanged = store.take_in(
        spec.table, history.content(spec), ["ended_position"], folder / "versions.csv", number
    )
    store.take_in(f"{spec.table}_change", history.CHANGE, [], folder / "changes.csv", number)
    digest = store.digest(spec, salt_of(spec.code))
    Edition.objects.create(
        register=register,
        number=number,
        inputs=inputs,
        added=added,
        closed=closed,
        unchanged=unchanged,
        digest=digest,
        at=clock.now(),
    )
    mark_merged([Batch.objects.select_for_update().get(pk=batch.pk) for batch in arrived.values()])
    note(edition=number, added=added, closed=closed, unchanged=unchanged)
    return EditionPublished(register=register.code, edition=number)
