"""The plug-in manual for connectors.

A connector is a folder here whose `connector.py` offers two names, and adding one edits nothing outside its folder:

    class Settings(contract.Settings, frozen=True): …    # what a pack may say to it: keys, types, defaults
    def source(asked: Asked) -> Source | None: …          # looks at the source, and answers how to read it

`source` answers None when it knows that nothing is new since `asked.cursor`.  It raises a BadInput that says what,
where and what to do, and never a value of anybody's.  What it must fetch or turn into text first it writes into
`asked.spool`, which goes when the step ends.

A connector whose systems can also be written to offers two names more:

    class TargetSettings(contract.TargetSettings, frozen=True): …
    def hand_over(load: Load) -> Taken: …                 # writes rows there, proves them, and only then commits

Handed the same rows twice, it leaves the same rows there, once.  A row that the system would not take is declined and
stops no other.  It raises a BadInput when it could hand over nothing at all; then nothing is written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from gusu.kernel.engine.digest import Measure
from gusu.kernel.engine.duck import literal
from gusu.kernel.packs import Piece
from gusu.resources.exchange.errors import WrongSettings

CHUNK_ROWS = 100_000


class Settings(Piece, frozen=True):
    """What every exchange may say.

    most_times: how many times the usual rows a batch may have, or the share it must.  may_be_empty: that there is
    nothing yet is an answer too, not a wrong export.
    """

    most_times: int = 20
    may_be_empty: bool = False


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a connector is asked for.

    columns: the contract's items, in order; key, changed: which of them tells records apart, and says when one last
    changed ("" where there is none).
    cursor: the word the source gave last time; "" asks for everything.
    spool: an empty folder for what is fetched.
    path: a file, delivered by hand or lying in the pack; None where the connector finds its own way.
    salt: of this batch's digests, for a source that can compute them itself.
    """

    settings: Mapping[str, Any]
    columns: list[str]
    spool: Path
    path: Path | None = None
    cursor: str = ""
    salt: str = ""
    key: str = ""
    changed: str = ""

    def set_as(self, kind: type[S]) -> S:
        """The settings, in the connector's own shape."""
        try:
            return msgspec.convert(dict(self.settings), kind)
        except msgspec.ValidationError:
            raise WrongSettings from None


@dataclass(frozen=True, slots=True)
class Source:
    """A source ready to be read, all of it as text.

    relation: an SQL table expression for the engine that has the contract's columns, each VARCHAR, in the source's
    order.
    place: what the source is called in messages; no personal value.
    position: an SQL expression over it: where a person finds the row, from 1, never twice. It names no contract column.
    sha256: of the source's bytes, to know a source that has not changed; "" where it has none.
    complete: everything there is, not only what changed.
    cursor: where to go on next time; newest: an SQL aggregate over the landed rows that answers it, where only they
    know it (a batch without rows keeps the cursor it began with).
    told_rows: how many rows the source says it gives.
    proof: measures by chunk (position - 1) // CHUNK_ROWS, where the source computed them itself, over the same
    canonical form with `asked.salt`; else the relation is read twice, to land it and to compare what landed.
    diagnose: called when the engine could not read it: raises the BadInput that names the position, or returns.
    """

    relation: str
    place: str
    position: str = "row_number() OVER ()"
    sha256: str = ""
    complete: bool = True
    cursor: str = ""
    newest: str = ""
    told_rows: int | None = None
    proof: Mapping[int, Measure] | None = None
    diagnose: Callable[[], None] = field(default=lambda: None)


class TargetSettings(Piece, frozen=True):
    """What every return may say. connection: how the department is reached.  key: the column that is its rows' key."""

    connection: str
    key: str


T = TypeVar("T", bound=TargetSettings)


@dataclass(frozen=True, slots=True)
class Load:
    """What is handed over.

    columns: of the department's, in order; rows: their values as text, None for none; salt: of the digests.
    amends: only these columns are written, of rows that stand there; else a row that is not there is put in.
    """

    settings: Mapping[str, Any]
    columns: list[str]
    rows: list[list[str | None]]
    salt: str
    amends: bool = False

    def set_as(self, kind: type[T]) -> T:
        """The settings, in the connector's own shape."""
        try:
            return msgspec.convert(dict(self.settings), kind)
        except msgspec.ValidationError:
            raise WrongSettings from None


@dataclass(frozen=True, slots=True)
class Declined:
    """A row that was not taken. position: in the load, from 0.  column: whose value is amiss, or the name of the
    constraint it breaks, "" where nobody can say.  why: the error's name, never its words: they may quote the row.
    """

    position: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a load came to. sent: the measure, made here, of the rows that were taken; kept: made there, of what stands
    under their keys; they are equal.
    """

    sent: Measure
    kept: Measure
    declined: list[Declined]


def texts(columns: Iterable[str]) -> str:
    """The columns of a spooled file for the engine's readers, each as text: `'a': 'VARCHAR', 'b': 'VARCHAR'`."""
    return ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)


class Connector(Protocol):
    """The module `connector.py` of a folder."""

    Settings: type[Settings]

    def source(self, asked: Asked) -> Source | None: ...


class Target(Protocol):
    """The module `connector.py` of a folder whose systems can also be written to."""

    TargetSettings: type[TargetSettings]

    def hand_over(self, load: Load) -> Taken: ...


def connector(code: str) -> Connector:
    """The connector of this name."""
    module: Any = import_module(f"gusu.resources.exchange.connectors.{code}.connector")
    found: Connector = module
    return found


def target(code: str) -> Target:
    """The connector of this name, which must be one that writes."""
    module: Any = connector(code)
    found: Target = module
    return found


def known_targets() -> list[str]:
    """Those that write."""
    return [code for code in known() if hasattr(connector(code), "hand_over")]


def known() -> list[str]:
    """Every connector there is: the folders beside this page."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/connector.py"))
