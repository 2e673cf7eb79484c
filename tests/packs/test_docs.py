"""The pack documents are held to the schemas: whatever a pack may write is explained."""

import re
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
import pytest

from gusu.packkit.load import Manifest
from gusu.packkit.rooms import gather
from gusu.packkit.situations import Situation
from gusu.site.wiring import PACK_ROOMS

DOCS = Path(__file__).parents[2] / "docs" / "packs"


def keys_of(hint: Any) -> set[str]:
    """Every key of a schema, however deep, labels' own `zh` and `en` included."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        fields = msgspec.structs.fields(hint)
        tag = hint.__struct_config__.tag_field
        return {field.encode_name for field in fields}.union({tag} if tag else (), *(keys_of(f.type) for f in fields))
    inner = get_args(hint)[:1] if get_origin(hint) is Annotated else get_args(hint)
    return set().union(*(keys_of(one) for one in inner))


def chapters() -> dict[str, str]:
    """Text of each `### \\`section\\`` in the pack documents, and of each `## \\`file\\`` before them."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(DOCS.glob("*.md")))
    parts = re.split(r"^##+ (.*)$", text, flags=re.MULTILINE)
    return {title.strip("`"): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def undocumented(schema: type[msgspec.Struct], chapter: str) -> list[str]:
    return sorted(key for key in keys_of(schema) - {"zh", "en"} if not re.search(rf"[`{{ ,]{key}[`:]", chapter))


SECTIONS = gather(PACK_ROOMS).sections


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_of_a_section_is_documented_in_its_chapter(name: str) -> None:
    found = chapters()

    assert name in found, f"docs/packs has no chapter '### `{name}`'"
    assert undocumented(SECTIONS[name].schema, found[name]) == []


def test_every_key_of_a_manifest_and_a_situation_is_documented() -> None:
    found = chapters()

    assert undocumented(Manifest, found["pack.yaml"]) == []
    assert undocumented(Situation, found["tests/*.yaml`: situations"]) == []


def test_no_chapter_documents_a_section_that_is_no_more() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^### `(\w+)`$", text, flags=re.MULTILINE))

    assert documented <= set(SECTIONS)
