"""Into the lake: the rows as text with their positions, measured at the source and again where they landed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gusu.kernel.engine import digest, duck
from gusu.kernel.engine.digest import Measure
from gusu.kernel.engine.errors import EngineRefused
from gusu.kernel.lake import files
from gusu.resources.exchange.connectors.contract import CHUNK_ROWS, Asked, Source
from gusu.resources.exchange.errors import Unbalanced, Unreadable
from gusu.resources.exchange.models import Batch

POSITION = "_position"
ONE_THREAD = "SET threads = 1"  # rows are read in their order, one after another: a second thread would only spin


@dataclass(frozen=True, slots=True)
class Cut:
    """One chunk, as its row keeps it."""

    number: int
    rows: int
    first_position: int
    last_position: int
    digest_source: str
    digest_landed: str


@dataclass(frozen=True, slots=True)
class Landed:
    """A draft in the lake that holds what the source did. cursor: where the next batch goes on."""

    path: str
    measure: Measure
    cuts: list[Cut]
    cursor: str


def land(batch: Batch, source: Source, asked: Asked) -> Landed:
    """Write a source's rows into a draft and prove it. Unbalanced, Unreadable, or what the source finds amiss."""
    path = files.draft(batch.exchange.resource, batch.folder)
    landed = duck.files([files.address(path)])
    columns = ", ".join(map(duck.name, asked.columns))
    _, [[copied]], found, spans, newest = _answers(
        source,
        [
            ONE_THREAD,
            f"COPY (SELECT {source.position} AS {POSITION}, {columns} FROM {source.relation}) "
            f"TO {duck.literal(files.address(path))} ({duck.parquet(path)})",
            _compared(source, landed, asked) if source.proof is None else _measured(landed, asked),
            f"SELECT {chunk_of()}, min({POSITION}), max({POSITION}) FROM {landed} GROUP BY 1",
            f"SELECT {source.newest or 'NULL'} FROM {landed}{'' if source.newest else ' LIMIT 1'}",
        ],
    )
    at_source, at_target = _both_ends(source, landed, asked, digest.measures(found), copied)
    _prove_equal(batch, at_source, at_target)
    ends = {number: (first, last) for number, first, last in spans}
    return Landed(
        path,
        digest.whole(at_target.values()),
        [
            Cut(number, measure.rows, *ends[number], str(at_source[number]), str(measure))
            for number, measure in sorted(at_target.items())
        ],
        (newest[0][0] if newest else None) or source.cursor or asked.cursor,
    )


def holds_all_of(landed: Landed, before: Sequence[str], asked: Asked) -> bool:
    """Whether every row of a draft stands, the same in every item, in an earlier batch's files."""
    columns = ", ".join(map(duck.name, asked.columns))
    new, old = duck.files([files.address(landed.path)]), duck.files(before)
    key = duck.name(asked.key)
    its = f" WHERE {key} IN (SELECT {key} FROM {new})" if asked.key else ""
    [[[missing]]] = duck.run(
        [f"SELECT count(*) FROM (SELECT {columns} FROM {new} EXCEPT SELECT {columns} FROM {old}{its})"]
    )
    return not missing


def _both_ends(
    source: Source, landed: str, asked: Asked, found: dict[int, Measure], copied: int
) -> tuple[Mapping[int, Measure], Mapping[int, Measure]]:
    """What source and draft add up to, by chunk. Where all rows that were copied are the same, one sum is both."""
    if source.proof is not None:
        return source.proof, found
    if None not in found and digest.whole(found.values()).rows == copied:
        return found, found
    given = f"(SELECT {source.position} AS {POSITION}, * FROM {source.relation})"
    apart = _answers(source, [_measured(given, asked), _measured(landed, asked)])
    return digest.measures(apart[0]), digest.measures(apart[1])


def _compared(source: Source, landed: str, asked: Asked) -> str:
    """SQL that measures a draft while the source is read again beside it, row by row and cell by cell.

    Of rows that are the same, one hash is the hash of both; what differs, or has no row beside it, is in part NULL.
    """
    cells = " AND ".join(f"given.{it} IS NOT DISTINCT FROM landed.{it}" for it in map(duck.name, asked.columns))
    beside = (
        f"SELECT landed.*, CASE WHEN {POSITION} = ({source.position}) AND {cells} THEN {chunk_of()} END AS _chunk "
        f"FROM {source.relation} AS given POSITIONAL JOIN {landed} AS landed"
    )
    return digest.measured(f"({beside})", asked.columns, asked.salt, cut="_chunk")


def _measured(rows: str, asked: Asked) -> str:
    return digest.measured(rows, asked.columns, asked.salt, cut=chunk_of())


def chunk_of() -> str:
    """SQL for the number of the chunk that a row is in."""
    return f"({POSITION} - 1) // {CHUNK_ROWS}"


def _answers(source: Source, statements: list[str]) -> list[duck.Rows]:
    try:
        return duck.run(statements)
    except EngineRefused as refusal:
        if refusal.wants_memory:
            raise
        source.diagnose()
        raise Unreadable(place=source.place, kind=refusal.kind, line=refusal.line or "?") from None


def _prove_equal(batch: Batch, at_source: Mapping[int, Measure], at_target: Mapping[int, Measure]) -> None:
    for number in sorted({*at_source, *at_target}):
        told, kept = at_source.get(number, Measure()), at_target.get(number, Measure())
        if told != kept:
            raise Unbalanced(batch=batch, chunk=number + 1, source=told, landed=kept)
