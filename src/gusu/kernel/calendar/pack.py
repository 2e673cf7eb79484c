"""What a pack may say to the calendar: whole years from `chinesecalendar`, or single days.

A city writes single days for a year that is announced after the release it runs: `calendar.yaml` is then all it needs.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

import chinese_calendar
import msgspec
from msgspec import Meta

from gusu.kernel.actor import Actor
from gusu.kernel.calendar import actions
from gusu.kernel.calendar.models import CalendarSource
from gusu.kernel.packs import Known, Label, Piece, Problem, Section
from gusu.kernel.text import Text

Year = Annotated[int, Meta(ge=1949, le=2200)]


class DayPiece(Piece, frozen=True):
    date: date
    working: bool
    name: Label


class CalendarPiece(Piece, frozen=True):
    code: str
    seed: Literal["chinesecalendar"] | None = None
    first: Year | None = None
    last: Year | None = None
    days: tuple[DayPiece, ...] = ()


class Calendar(Section[CalendarPiece]):
    name = "calendar"
    schema = CalendarPiece

    def key(self, piece: CalendarPiece) -> str:
        return piece.code

    def check(self, piece: CalendarPiece, known: Known) -> Iterator[Problem]:
        if piece.seed is None and (piece.first or piece.last):
            yield Problem("first、last 只与 seed 同用", "first and last go with seed only", ("first",))
        if piece.seed and not (piece.first and piece.last and piece.first <= piece.last):
            zh, en = "seed 须写 first 与 last，且 first ≤ last", "seed needs first and last, first ≤ last"
            yield Problem(zh, en, ("seed",))
        if piece.seed and piece.last and piece.last > SEEDED_UNTIL:
            zh = f"chinesecalendar 只到 {SEEDED_UNTIL} 年；其后的年份请逐日写在 days"
            en = f"chinesecalendar ends in {SEEDED_UNTIL}; write the days of later years under days"
            yield Problem(zh, en, ("last",))

    def kept(self) -> dict[str, CalendarPiece]:
        rows = CalendarSource.objects.order_by("code")
        return {row.code: msgspec.convert(row.declared, CalendarPiece) for row in rows}

    def apply(self, pieces: list[CalendarPiece], *, by: Actor) -> None:
        actions.write_sources({piece.code: msgspec.to_builtins(piece) for piece in pieces})
        seeds_first = sorted(self.kept().values(), key=lambda piece: piece.seed is None)
        days = {day.date: day for piece in seeds_first for day in _days(piece)}
        actions.write_days(days.values())

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.retire_sources(keys)


SEEDED_UNTIL = max(day.year for day in chinese_calendar.constants.holidays)


def _days(piece: CalendarPiece) -> Iterator[actions.NamedDay]:
    """The piece's days; a single day comes after the seeded one it overrules."""
    if piece.seed and piece.first and piece.last:
        years = range(piece.first, piece.last + 1)
        yield from (day for day in _seeded(piece.code) if day.date.year in years)
    for day in piece.days:
        yield actions.NamedDay(day.date, day.working, day.name.text, piece.code)


def _seeded(source: str) -> Iterator[actions.NamedDay]:
    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    for day, name in sorted(chinese_calendar.constants.holidays.items()):
        yield actions.NamedDay(day, False, Text(names[name], name), source)
    for day, name in sorted(chinese_calendar.constants.workdays.items()):
        text = Text(f"{names[name]}调休上班", f"{name}: worked in exchange")
        yield actions.NamedDay(day, True, text, source)


SECTIONS = [Calendar()]
