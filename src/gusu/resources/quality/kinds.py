"""The kinds of rule a pack may write, and the SQL each becomes.

Every kind answers one question set-wise: which rows of the relation `batch` fail?  A kind is a declaration with one
method, `failing`, which gives a SELECT of `_position`; `other(resource)` names the relation of another resource's
newest checked batch.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec

from gusu.kernel.engine.duck import literal, name
from gusu.kernel.packs import Piece

Other = Callable[[str], str]
Names = Annotated[list[str], msgspec.Meta(min_length=1)]


class Kind(Piece, frozen=True, tag_field="kind"):
    def columns(self) -> list[str]:
        """Items of the resource that the rule reads; the pack check holds them against the entry."""
        raise NotImplementedError

    def failing(self, other: Other) -> str:
        raise NotImplementedError

    def elsewhere(self) -> list[tuple[str, str]]:
        """(resource, item) the rule looks at outside its own resource."""
        return []

    def resources(self) -> list[str]:
        """The other resources it looks into."""
        return [resource for resource, _ in self.elsewhere()]


class Present(Kind, frozen=True, tag="present"):
    """Every named item has a value; with `any`, at least one of them has."""

    items: Names
    any: bool = False

    def columns(self) -> list[str]:
        return self.items

    def failing(self, other: Other) -> str:
        joined = (" AND " if self.any else " OR ").join(f"{name(item)} IS NULL" for item in self.items)
        return f"SELECT _position FROM batch WHERE {joined}"


class Format(Kind, frozen=True, tag="format"):
    """Where the item has a value, the whole of it matches the pattern."""

    item: str
    pattern: str

    def columns(self) -> list[str]:
        return [self.item]

    def failing(self, other: Other) -> str:
        return f"SELECT _position FROM batch WHERE NOT regexp_full_match({name(self.item)}, {literal(self.pattern)})"


class InList(Kind, frozen=True, tag="in_list"):
    """Where the item has a value, it is one of these."""

    item: str
    values: Names

    def columns(self) -> list[str]:
        return [self.item]

    def failing(self, other: Other) -> str:
        return f"SELECT _position FROM batch WHERE {name(self.item)} NOT IN ({', '.join(map(literal, self.values))})"


class FormatBy(Kind, frozen=True, tag="format_by"):
    """The pattern of one item depends on the value of another (a county's code ends in six noughts)."""

    item: str
    by: str
    patterns: Annotated[dict[str, str], msgspec.Meta(min_length=1)]

    def columns(self) -> list[str]:
        return [self.item, self.by]

    def failing(self, other: Other) -> str:
        cases = " ".join(
            f"WHEN {literal(value)} THEN NOT regexp_full_match({name(self.item)}, {literal(pattern)})"
            for value, pattern in self.patterns.items()
        )
        return f"SELECT _position FROM batch WHERE CASE {name(self.by)} {cases} ELSE false END"


class Requires(Kind, frozen=True, tag="requires"):
    """Where `item` has one of the values, the other items must have a value too."""

    item: str
    values: Names
    items: Names

    def columns(self) -> list[str]:
        return [self.item, *self.items]

    def failing(self, other: Other) -> str:
        missing = " OR ".join(f"{name(item)} IS NULL" for item in self.items)
        listed = ", ".join(map(literal, self.values))
        return f"SELECT _position FROM batch WHERE {name(self.item)} IN ({listed}) AND ({missing})"


class Unique(Kind, frozen=True, tag="unique"):
    """No two rows share these items; missing values count as equal. With `keep: first`, the first is let through."""

    items: Names
    keep: Literal["", "first"] = ""

    def columns(self) -> list[str]:
        return self.items

    def failing(self, other: Other) -> str:
        keys = ", ".join(map(name, self.items))
        counted = "row_number() OVER w > 1" if self.keep == "first" else "count(*) OVER (PARTITION BY " + keys + ") > 1"
        window = f" WINDOW w AS (PARTITION BY {keys} ORDER BY _position)" if self.keep == "first" else ""
        return f"SELECT _position FROM (SELECT _position, {counted} AS twice FROM batch{window}) WHERE twice"


class Single(Kind, frozen=True, tag="single"):
    """For one `given` there is one `item`: a code has one name in one year."""

    given: Names
    item: str

    def columns(self) -> list[str]:
        return [*self.given, self.item]

    def failing(self, other: Other) -> str:
        keys = ", ".join(map(name, self.given))
        known = " AND ".join(f"{name(column)} IS NOT NULL" for column in self.given)
        return (
            f"SELECT _position FROM batch WHERE {known} AND ({keys}) IN "
            f"(SELECT ({keys}) FROM batch WHERE {known} GROUP BY {keys} HAVING count(DISTINCT {name(self.item)}) > 1)"
        )


class Reference(Kind, frozen=True, tag="reference"):
    """Where the item has a value, `to` of the resource holds it (of this very batch when no resource is named)."""

    item: str
    to: str
    resource: str = ""

    def columns(self) -> list[str]:
        return [self.item] if self.resource else [self.item, self.to]

    def elsewhere(self) -> list[tuple[str, str]]:
        return [(self.resource, self.to)] if self.resource else []

    def failing(self, other: Other) -> str:
        target = other(self.resource) if self.resource else "batch"
        return (
            f"SELECT _position FROM batch AS b WHERE b.{name(self.item)} IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM {target} AS t WHERE t.{name(self.to)} = b.{name(self.item)})"
        )


class InForce(Kind, frozen=True, tag="in_force"):
    """A dated change takes away only what is there: `ended` must not have ended before, without having begun again
    since.

    What was never seen to begin is taken to have been there before the record starts.  moment: the item that orders
    the changes, a whole number; where it is none the change has no place in time and proves nothing.
    """

    ended: Names
    begun: Names
    moment: str

    def __post_init__(self) -> None:
        if len(self.ended) != len(self.begun):
            raise ValueError("`ended` and `begun` name the same things on two sides: as many items in each")

    def columns(self) -> list[str]:
        return [*self.ended, *self.begun, self.moment]

    def failing(self, other: Other) -> str:
        old, new = ", ".join(map(name, self.ended)), ", ".join(map(name, self.begun))
        named = " AND ".join(f"{name(column)} IS NOT NULL" for column in self.ended)
        begun = " AND ".join(f"{name(column)} IS NOT NULL" for column in self.begun)
        when = f"TRY_CAST({name(self.moment)} AS INTEGER)"
        moves = f"({old}) IS DISTINCT FROM ({new}) AND {when} IS NOT NULL"
        return f"""
            WITH marks AS (
                SELECT ({old}) AS what, {when} AS moment, 1 AS ends, _position FROM batch WHERE {named} AND {moves}
                UNION ALL
                SELECT ({new}), {when}, 0, _position FROM batch WHERE {begun} AND {moves}
            ), seen AS (
                SELECT *,
                    max(moment) FILTER (ends = 0) OVER earlier AS last_begun,
                    max(moment) FILTER (ends = 1) OVER before AS last_ended
                FROM marks WINDOW
                    earlier AS (PARTITION BY what ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                    before AS (PARTITION BY what ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            )
            SELECT _position FROM seen
            WHERE ends = 1 AND last_ended IS NOT NULL AND (last_begun IS NULL OR last_begun < last_ended)"""


AnyKind = Present | Format | InList | FormatBy | Requires | Unique | Single | Reference | InForce
