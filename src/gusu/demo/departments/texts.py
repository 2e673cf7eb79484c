"""The programs that write what each system is filled with, and the truth of it, from records."""

from collections.abc import Mapping
from pathlib import Path

from gusu.demo.departments import civil_affairs, folder, health_records, human_resources, police
from gusu.demo.departments.defects import CLASSES
from gusu.demo.departments.systems import HEALTH, INSURED, RESOURCES, Resource
from gusu.kernel.engine.duck import literal

SHEETS = tuple(civil_affairs.TITLES)


def truth(held: Mapping[str, str]) -> str:
    """SQL of what is true of each record: where it stands, whose it is, what is wrong with it."""
    return " UNION ALL ".join(f"({_truth(RESOURCES[name], rows)})" for name, rows in held.items())


def register(held: str, work: Path) -> list[str]:
    """The police's tables."""
    return [
        written(police.rows(held), work / "rk.txt", police.TEXT),
        written(police.households(held), work / "hu.txt", police.TEXT),
    ]


def night(held: str, work: Path) -> list[str]:
    """Social security's lines."""
    return [written(human_resources.rows(held), work / f"{INSURED.name}.txt", human_resources.TEXT)]


def pages(held: str, work: Path, *, truth: Path) -> list[str]:
    """Health's pages; how many records there are is counted in the truth."""
    total = f"(SELECT count(*) FROM read_parquet({literal(str(truth))}) WHERE resource = '{HEALTH.name}')"
    return [
        written(health_records.lines(held, total), work / f"{HEALTH.name}.txt", health_records.TEXT),
        written(health_records.changed(held), work / "recent.txt", health_records.TEXT),
    ]


def sheets(held: Mapping[str, str], partners: str, work: Path) -> list[str]:
    """Civil affairs' rows."""
    return [
        written(civil_affairs.rows(RESOURCES[name], held[name], partners), work / f"{name}.txt", civil_affairs.TEXT)
        for name in SHEETS
    ]


def written(rows: str, file: Path, form: str = "(FORMAT parquet)") -> str:
    return f"COPY ({rows}) TO {literal(str(file))} {form}"


def counted(truth: Path) -> str:
    """SQL: records by resource."""
    return f"SELECT resource, count(*) FROM read_parquet({literal(str(truth))}) GROUP BY resource"


def known(name: str) -> str:
    """SQL relation of a file beside the truth."""
    return f"read_parquet({literal(str(folder.truth(name)))})"


def _truth(resource: Resource, rows: str) -> str:
    return f"""SELECT '{resource.name}' AS resource, row_number() OVER () + {resource.first - 1} AS position,
      record_key, person, {list(CLASSES)}[1 + defect] AS defect,
      {resource.planted.recoverable} AS number_recoverable, {resource.planted.element} AS element FROM ({rows})"""
