"""The plug-in manual for connectors.

A connector is a folder here with a `connector.py` that offers one function, `source`.  Adding one edits nothing
outside its folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """A source ready to be read, all of it as text.

    relation: an SQL table expression for the engine whose columns are exactly the contract's, each VARCHAR, in file
    order.
    position_offset: what to add to the zero-based row number to get the position a person would find (line, row).
    sha256: of the source's bytes, to know a source that has not changed.
    place: what the source is called in messages; no personal value.
    diagnose: called when the engine could not read it: raises the BadInput that names the position, or returns.
    """

    relation: str
    position_offset: int
    sha256: str
    place: str
    diagnose: Callable[[], None]


# Looks at the source and answers a Source, or raises a BadInput that says what, where and what to do.
# path: the file received.  settings: the exchange's own.  columns: the contract's, in order.
Opens = Callable[[Path, Mapping[str, Any], list[str]], Source]


def connector(code: str) -> Opens:
    """The connector of this name."""
    opens: Opens = import_module(f"gusu.resources.exchange.connectors.{code}.connector").source
    return opens


def known() -> list[str]:
    """Every connector there is: the folders beside this page."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/connector.py"))
