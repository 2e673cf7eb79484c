"""A new pack to begin from: every section there is, commented out, with each key and what it wants."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from gusu.kernel.errors import GusuError
from gusu.kernel.packs import AnySection
from gusu.kernel.text import Text
from gusu.packkit.rooms import Rooms

MANIFEST = """\
# What this pack is. See docs/packs/README.md.
name: {name}
version: "0.1"
title: {{ zh: {name}, en: {name} }}
needs: [foundation]
licence: Apache-2.0
# Where content was taken from, and under which licence it may be carried:
# sources:
#   - {{ of: what, origin: from whom, licence: under which terms, url: where }}
"""

SITUATIONS = """\
# Sentences a civil servant can read, each one question to the running city. Questions the rooms answer now:
#   {questions}
#
# - name: {{ zh: 读者由此应知道什么, en: What the reader should learn from this }}
#   law: the article it follows from
#   given: {{ zh: 已有的事实, en: What already holds }}
#   when: {{ ask: the_question, with: {{ its_parameter: a value }} }}
#   then: {{ includes: {{ part_of: the answer }} }}     # or equals: the whole answer
"""


class FolderTaken(GusuError):
    """`new` never writes over anything."""

    status, code = 409, "folder_taken"
    says = Text("文件夹 {folder} 已存在，未写入任何文件。", "The folder {folder} exists already; nothing was written.")


def write_skeleton(name: str, parent: Path, rooms: Rooms) -> list[Path]:
    """Write a pack that passes `check` as it is; gives the files back."""
    folder = parent / name
    if folder.exists():
        raise FolderTaken(folder=folder)
    files = {"pack.yaml": MANIFEST.format(name=name)}
    files |= {f"{section.name}.yaml": "\n".join(_commented(section)) + "\n" for section in rooms.sections.values()}
    files["tests/situations.yaml"] = SITUATIONS.format(questions=", ".join(sorted(rooms.questions)) or "(none)")
    (folder / "tests").mkdir(parents=True)
    for place, text in files.items():
        (folder / place).write_text(text, encoding="utf-8")
    return [folder / place for place in files]


def _commented(section: AnySection) -> Iterator[str]:
    after = f" Applied after: {', '.join(section.needs)}." if section.needs else ""
    yield f"# A list of {section.name}; remove the file when there are none.{after} Keys: docs/packs/README.md"
    for number, field in enumerate(msgspec.structs.fields(section.schema)):
        must = "required" if field.required else "optional"
        yield f"# {'-' if number == 0 else ' '} {field.encode_name}:   # {must}, {_meant(field.type)}"


def _meant(hint: Any) -> str:
    """A type as a person reads it: `Literal['a', 'b']` → `a | b`, `Label` → `{zh, en}`."""
    schema = msgspec.json.schema(hint)
    return _described(schema, schema.get("$defs", {}))


def _described(schema: dict[str, Any], named: dict[str, Any]) -> str:
    match schema:
        case {"$ref": str(ref)}:
            return _described(named[ref.rsplit("/", 1)[1]], named)
        case {"anyOf": list(sides)}:
            return " or ".join(_described(side, named) for side in sides if side.get("type") != "null")
        case {"enum": list(choices)}:
            return " | ".join(str(choice) or '""' for choice in choices)
        case {"properties": dict(keys)}:
            return "{" + ", ".join(keys) + "}"
        case {"type": "array", "items": dict(item)}:
            return f"a list of {_described(item, named)}"
        case {"type": str(kind)}:
            return {"string": "text", "integer": "whole number", "object": "table"}.get(kind, kind)
    return "anything"
