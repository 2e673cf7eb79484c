"""The health department's pages of records, as its service gives them out (`health`)."""

from pathlib import Path

from gusu.demo.departments import defects
from gusu.demo.departments.systems import HEALTH

PAGE = 5_000  # records
RECENT = "2026-11-16 00:00:00"  # from when on changes are kept apart, so that what asks for them need not read pages
TEXT = "(FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')"
END = b"]}\n"


def lines(records: str, total: str) -> str:
    """SQL of the pages' text, a line for a record; `total`: SQL of how many there are."""
    first = f"""'{{"total":' || total || ',"page":' || (n // {PAGE} + 1) || ',"pages":'
      || (total + {PAGE - 1}) // {PAGE} || ',"records":['"""
    return f"""SELECT CASE WHEN n % {PAGE} = 0 THEN {first} ELSE '' END || {_record()}
      || CASE WHEN n % {PAGE} = {PAGE - 1} OR n = total - 1 THEN ']}}' ELSE ',' END
    FROM (SELECT *, row_number() OVER () - 1 AS n, {total} AS total FROM ({records}))"""


def changed(records: str) -> str:
    """SQL of one JSON text a line: the records changed since RECENT, oldest change first."""
    rows = f"SELECT * FROM ({records}) WHERE updated >= TIMESTAMP '{RECENT}'"
    return f"SELECT {_record()} FROM ({rows}) ORDER BY updated, record_key"


def deliver(pages: Path, recent: Path, folder: Path) -> None:
    """What the service gives out, from the text of all pages and of the recent changes."""
    cut(pages, folder / "pages")
    _put(folder / "recent.jsonl", recent.read_bytes())


def cut(pages: Path, folder: Path) -> int:
    """One file a page from the text of all; answers the pages. Files of pages that are no more go."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    count, rest = 0, b""
    with pages.open("rb") as source:
        while data := source.read(1 << 22):
            *whole, rest = (rest + data).split(END)
            for page in whole:
                count += 1
                _put(folder / f"{count:06}.json", page + END)
    for file in folder.glob("*.json"):
        if int(file.stem) > count:
            file.unlink()
    return count


def _put(file: Path, data: bytes) -> None:
    draft = file.with_suffix(".unfinished")
    draft.write_bytes(data)
    draft.replace(file)


def _record() -> str:
    planted = HEALTH.planted
    return f"""'{{"recordNo":"' || record_key || '","name":"' || {_case(defects.name(planted))} || '","idNo":"'
      || {_case(defects.number(planted))} || '","gender":"' || {_case(defects.sex("1", "2"))} || '","birth":"'
      || {_case(defects.birth())} || '","phone":"' || {_case(defects.phone())} || '","address":"'
      || {_case(defects.address())} || '","bloodType":"' || ['A', 'B', 'AB', 'O', '未查'][1 + (r >> 50)::INTEGER % 5]
      || '","clinic":"' || clinics(r >> 46) || '","allergy":"' || allergies(r >> 53) || '","updatedAt":"'
      || strftime(updated, '%Y-%m-%dT%H:%M:%S') || '+08:00"}}'"""


def _case(said: str) -> str:
    return f"({said})"
