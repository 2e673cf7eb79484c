"""From lists and changes to spans of time: one relational program for the engine, whatever the register.

A change marks where one version begins or another ends.  Marks of one (key, version) in order of time pair up into
spans; a version whose begin or end no record tells borrows it from its neighbour under the same key, else stays open
on that side; what the list of things in force confirms is marked so.
"""

from collections.abc import Sequence
from itertools import pairwise

from gusu.kernel.engine.duck import files, literal, name
from gusu.resources.registers.spec import RegisterPiece, column

VERSION = 1  # of this program: a register is merged anew when it changes
FIXED = ["valid_from", "valid_to", "confirmed"]
CHANGE = ["moment", "kind", "deed", "before_key", "before_label", "after_key", "after_label"]


def content(spec: RegisterPiece) -> list[str]:
    """The columns that make a version what it is, in digest order."""
    return ["key", *spec.columns, *FIXED]


def program(
    spec: RegisterPiece,
    batches: dict[str, Sequence[str]],
    kept_out: dict[str, Sequence[str]],
    fingerprint: str,
    change_print: str,
) -> list[str]:
    """Statements that leave two tables: `versions` (content + fingerprint, _position, _ended_position, _stated:
    whether the position is one in the list of things in force) and `reported` (changes).
    """
    apart = ", ".join(map(name, spec.told_apart_by))
    return [
        f"CREATE VIEW states AS {_states(spec, batches, kept_out)}",
        f"CREATE VIEW changes AS {_changes(spec, batches, kept_out)}",
        f"CREATE TABLE marks AS {_marks(spec, apart)}",
        f"CREATE TABLE turns AS {_turns(apart)}",
        f"CREATE TABLE spans AS {_spans(spec, apart)}",
        f"CREATE TABLE joined AS {_joined(spec, apart)}",
        f"CREATE TABLE versions AS SELECT *, {fingerprint} AS fingerprint FROM ({_clipped(spec)})",
        f"CREATE TABLE reported AS SELECT *, {change_print} AS fingerprint FROM ({_reported(spec)})",
    ]


def _rows(resource: str, batches: dict[str, Sequence[str]], kept_out: dict[str, Sequence[str]]) -> str:
    return f"(FROM {files(batches[resource])} ANTI JOIN {files(kept_out[resource])} AS out USING (_position))"


def _states(spec: RegisterPiece, batches: dict[str, Sequence[str]], kept_out: dict[str, Sequence[str]]) -> str:
    given = {column(element): item for element, item in spec.states.items.items() if element != spec.key}
    columns = ", ".join(
        f"{name(given[col])} AS {name(col)}" if col in given else f"NULL AS {name(col)}" for col in spec.columns
    )
    key = name(spec.states.items[spec.key])
    return f"SELECT _position, {key} AS key, {columns} FROM {_rows(spec.states.resource, batches, kept_out)}"


def _changes(spec: RegisterPiece, batches: dict[str, Sequence[str]], kept_out: dict[str, Sequence[str]]) -> str:
    told = spec.changes
    deed = " ".join(f"WHEN {literal(kind)} THEN {literal(deed)}" for kind, deed in told.kinds.items())
    sides = [
        f"{name(item)} AS {name(side + ('key' if element == spec.key else column(element)))}"
        for side, items in (("before_", told.before), ("after_", told.after))
        for element, item in items.items()
    ]
    both = [f"{_translated(spec, element, item)} AS {name(column(element))}" for element, item in told.both.items()]
    year = f"TRY_CAST({name(told.year)} AS INTEGER)"  # without one a change has no place in time; quality says so
    return (
        f"SELECT _position, {year} AS year, {name(told.kind)} AS kind, "
        f"CASE {name(told.kind)} {deed} ELSE 'notes' END AS deed, {', '.join(sides + both)} "
        f"FROM {_rows(told.resource, batches, kept_out)} WHERE {year} BETWEEN 1 AND 9999"
    )


def _translated(spec: RegisterPiece, element: str, item: str) -> str:
    values = spec.changes.values.get(element, {})
    cases = " ".join(f"WHEN {literal(written)} THEN {literal(code)}" for written, code in values.items())
    return f"CASE {name(item)} {cases} ELSE {name(item)} END" if values else name(item)


def _marks(spec: RegisterPiece, apart: str) -> str:
    """ends: 0 where a version begins, 1 where it ends."""
    both = ", ".join(name(column(element)) for element in spec.changes.both)

    def side(which: str, ends: int, deeds: str) -> str:
        values = ", ".join(f"{name(f'{which}_{col}')} AS {name(col)}" for col in spec.told_apart_by)
        before, after = (
            "(" + ", ".join(name(f"{s}_{c}") for c in ["key", *spec.told_apart_by]) + ")" for s in ("before", "after")
        )
        return (
            f"SELECT {which}_key AS key, {values}, {both}, year, {ends} AS ends, _position FROM changes "
            f"WHERE deed IN ({deeds}) AND {which}_key IS NOT NULL AND {before} IS DISTINCT FROM {after}"
        )

    began = side("after", 0, "'founds', 'replaces', 'reassigns'")
    ended = side("before", 1, "'dissolves', 'replaces', 'reassigns'")
    return f"{began} UNION ALL {ended}"


def _turns(apart: str) -> str:
    """Two begins (or ends) running say the same thing twice: the first counts."""
    return f"""SELECT * EXCLUDE (previous) FROM (
        SELECT *, lag(ends) OVER (PARTITION BY key, {apart} ORDER BY year, ends, _position) AS previous FROM marks
    ) WHERE previous IS DISTINCT FROM ends"""


def _spans(spec: RegisterPiece, apart: str) -> str:
    both = ", ".join(name(column(element)) for element in spec.changes.both)
    return f"""SELECT key, {apart}, {both},
            CASE ends WHEN 0 THEN year END AS begun,
            CASE ends WHEN 0 THEN lead(year) OVER w ELSE year END AS ended,
            CASE ends WHEN 0 THEN _position END AS _position,
            CASE ends WHEN 0 THEN lead(_position) OVER w ELSE _position END AS _ended_position
        FROM turns WINDOW w AS (PARTITION BY key, {apart} ORDER BY year, ends, _position)
        QUALIFY (ends = 0 OR lag(ends) OVER w IS NULL) AND coalesce(begun <> ended, true)"""


def _joined(spec: RegisterPiece, apart: str) -> str:
    """Spans with what the list of things in force adds: the elements only it states, and its word that they are in
    force.
    """
    same = " AND ".join(f"s.{name(col)} IS NOT DISTINCT FROM x.{name(col)}" for col in ["key", *spec.told_apart_by])
    both = {column(element) for element in spec.changes.both}
    of_span = [f"x.{name(col)}" if col in spec.told_apart_by else _best(spec, col, both) for col in spec.columns]
    of_state = [f"s.{name(col)}" for col in spec.columns]
    return f"""
        SELECT x.key, {", ".join(f"{value} AS {name(col)}" for value, col in zip(of_span, spec.columns, strict=True))},
            x.begun, x.ended, s.key IS NOT NULL OR (x.ended IS NULL AND x.begun > {spec.states.on.year}) AS confirmed,
            coalesce(x._position, s._position) AS _position, x._ended_position,
            x._position IS NULL AND s._position IS NOT NULL AS _stated
        FROM spans x LEFT JOIN states s ON {same} AND x.ended IS NULL
        UNION ALL
        SELECT s.key, {", ".join(of_state)},
            (SELECT max(x.ended) FROM spans x WHERE {same}), NULL, true, s._position, NULL, true
        FROM states s WHERE NOT EXISTS (SELECT 1 FROM spans x WHERE {same} AND x.ended IS NULL)"""


def _best(spec: RegisterPiece, col: str, both: set[str]) -> str:
    candidates = [f"s.{name(col)}"]
    if col in both:
        candidates.append(f"x.{name(col)}")
    if spec.parent and col == column(spec.parent):
        candidates.append(parent_key(spec, "x.key"))
    return f"coalesce({', '.join(candidates)})"


def parent_key(spec: RegisterPiece, key: str) -> str:
    """SQL for the key one level up, by the way keys are built: `320508001002` → `320508001000` → `320508000000` …"""
    cuts = spec.hierarchy
    if not cuts:
        return "NULL"
    whole = cuts[-1]
    cases = " ".join(
        f"WHEN substr({key}, {above + 1}, {own - above}) <> {literal('0' * (own - above))} "
        f"THEN rpad(left({key}, {above}), {whole}, '0')"
        for above, own in reversed(list(pairwise(cuts)))
    )
    return f"CASE {cases} END"


def _clipped(spec: RegisterPiece) -> str:
    """One key is one thing at a time: an end no record tells is the next one's beginning, a beginning the last one's
    end.
    """
    columns = ", ".join(f"v.{name(col)}" for col in ["key", *spec.columns])
    before = """SELECT max(o.ended) FROM joined o WHERE o.key = v.key AND o.ended <= coalesce(v.ended, 9999)
        AND (o.begun IS DISTINCT FROM v.begun OR o.ended IS DISTINCT FROM v.ended)"""
    after = "SELECT min(o.begun) FROM joined o WHERE o.key = v.key AND o.begun > coalesce(v.begun, 0)"
    return f"""
        SELECT DISTINCT ON (key, {", ".join(map(name, spec.told_apart_by))}, valid_from, valid_to) * FROM (
            SELECT {columns},
                make_date(coalesce(v.begun, ({before})), 1, 1) AS valid_from,
                make_date(CASE WHEN v.ended IS NULL AND NOT v.confirmed THEN ({after}) ELSE v.ended END, 1, 1)
                    AS valid_to,
                v.confirmed, v._position, v._ended_position, v._stated
            FROM joined v
        ) WHERE coalesce(valid_from <> valid_to, true)
        ORDER BY key, valid_from, valid_to, confirmed DESC, _position, {", ".join(map(name, spec.columns))}"""


def _reported(spec: RegisterPiece) -> str:
    label = spec.told_apart_by[0]
    return f"""
        SELECT make_date(year, 1, 1) AS moment, kind, deed, before_key, {name(f"before_{label}")} AS before_label,
            after_key, {name(f"after_{label}")} AS after_label, _position
        FROM changes WHERE deed <> 'notes'"""
