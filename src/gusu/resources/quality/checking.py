"""The one program that asks every rule of every row of a batch.

All conditions on single rows are asked in one pass: each is a bit of a word, and the words stand in `looked` with the
row's position and the keys that the other rules need.  What two rules want of a row is computed once.
"""

from collections.abc import Callable, Mapping, Sequence

from gusu.kernel.engine import forms
from gusu.kernel.engine.duck import literal, name
from gusu.resources.quality.kind import Asking, Kind, RowKind, SetKind

BITS = 62  # of a word: a BIGINT without its sign, and one to spare

Other = Callable[[str], str]
Codes = Callable[[str], list[str]]


def statements(kinds: Mapping[str, Kind], batch: str, other: Other, codes: Codes) -> list[str]:
    """Fills the table `failures` (rule, position) from the relation `batch`; kinds by the code of their rule.

    other, codes: see `Asking`.
    """
    shared, kept = _Columns("_shared"), _Columns("_key")
    asking = Asking(other, codes, shared, kept)
    alone = {rule: kind.fails(asking) for rule, kind in kinds.items() if isinstance(kind, RowKind)}
    together = {rule: kind.failing(asking) for rule, kind in kinds.items() if isinstance(kind, SetKind)}
    words = _words(list(alone.values()))
    looked = ", ".join(["_position", *words, *kept.named()])
    return [
        *forms.prelude(),
        f"CREATE VIEW batch AS SELECT * FROM {batch}",
        f"CREATE TABLE looked AS SELECT {looked} FROM (SELECT {', '.join(['*', *shared.named()])} FROM batch)",
        f"CREATE TABLE failures AS {_one_by_one(list(alone), len(words))}",
        *(
            f"INSERT INTO failures SELECT {literal(rule)}, _position FROM ({failing})"
            for rule, failing in together.items()
        ),
    ]


class _Columns:
    """Expressions and the names of the columns they stand in; the same expression has one column."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.columns: dict[str, str] = {}

    def __call__(self, expression: str) -> str:
        return self.columns.setdefault(expression, f"{self.prefix}{len(self.columns)}")

    def named(self) -> list[str]:
        return [f"{expression} AS {name(column)}" for expression, column in self.columns.items()]


def _words(conditions: Sequence[str]) -> list[str]:
    """Columns `_word0` …, in which the bit of each condition that holds is set."""
    cut = [conditions[start : start + BITS] for start in range(0, len(conditions), BITS)]
    return [
        " + ".join(f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END" for bit, condition in enumerate(some))
        + f" AS _word{number}"
        for number, some in enumerate(cut)
    ]


def _one_by_one(rules: Sequence[str], words: int) -> str:
    """The bits that are set, as rows; rows of `looked` without any are left aside first."""
    if not rules:
        return "SELECT ''::VARCHAR AS rule, 0::BIGINT AS position WHERE false"
    any_word = " OR ".join(f"_word{number} <> 0" for number in range(words))
    bits = ", ".join(
        f"({literal(rule)}, {place // BITS}, {1 << place % BITS}::BIGINT)" for place, rule in enumerate(rules)
    )
    word = " ".join(f"WHEN {number} THEN _word{number}" for number in range(words))
    return f"""
        SELECT rule, _position AS position
        FROM (SELECT * FROM looked WHERE {any_word}) JOIN (VALUES {bits}) AS bits(rule, word, bit)
        ON (CASE bits.word {word} END & bits.bit) <> 0"""
