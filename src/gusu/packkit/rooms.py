"""The rooms that packs speak to. `site` names their pack modules; packkit only collects what those offer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from importlib import import_module
from typing import TypeVar

from gusu.kernel.packs import AnySection, Question

T = TypeVar("T")


@dataclass(frozen=True)
class Rooms:
    """Every section by name, in the order they are applied, and every question a situation may ask."""

    sections: dict[str, AnySection] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)


def gather(modules: Iterable[str]) -> Rooms:
    """The rooms behind dotted module names such as `gusu.kernel.vocabulary.pack`."""
    loaded = [import_module(name) for name in modules]
    sections = [section for module in loaded for section in getattr(module, "SECTIONS", [])]
    questions = [pair for module in loaded for pair in getattr(module, "QUESTIONS", {}).items()]
    return Rooms(in_order(sections), _unique(questions, "question"))


def in_order(sections: Iterable[AnySection]) -> dict[str, AnySection]:
    """Sections by name, each after those it needs; otherwise in the order given."""
    named = _unique(((section.name, section) for section in sections), "section")
    order = TopologicalSorter({name: section.needs for name, section in named.items()}).static_order()
    return {name: named[name] for name in order}


def _unique(pairs: Iterable[tuple[str, T]], noun: str) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, thing in pairs:
        if name in found:
            raise ValueError(f"two rooms offer the {noun} '{name}'")
        found[name] = thing
    return found
