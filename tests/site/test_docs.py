"""The documents are held to the code: every command, setting, event and permission a reader may meet is explained."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from gusu.kernel.packs import PACKAGED
from gusu.site import cli, wiring
from gusu.site.server.place import CHECKOUT

PACKAGE = Path(cli.__file__).resolve().parents[1]
PAGES = [
    CHECKOUT / name for name in ("README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "GLOSSARY.md")
]
PAGES += sorted((CHECKOUT / "docs").rglob("*.md"))
SETTING = re.compile(r"^(GUSU_[A-Z_]+|DATABASE_URL)$")
NOT_FOR_PEOPLE = {
    "GUSU_CHROME",
    "GUSU_LIFELINE",
    "GUSU_RUN",
}  # a name in settings.py; what our processes tell each other


@pytest.fixture(scope="module")
def written() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.exists())


def settings_read() -> set[str]:
    """Every environment variable of ours that the launcher, the package or a test fixture names."""
    found = set(re.findall(r"\bGUSU_[A-Z_]+\b", (CHECKOUT / "gusu").read_text(encoding="utf-8")))
    for file in [*PACKAGE.rglob("*.py"), *(CHECKOUT / "tests").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.match(node.value):
                found.add(node.value)
    return {name for name in found if not name.endswith("_")} - NOT_FOR_PEOPLE


def permissions_asked() -> set[str]:
    roles = [
        role for file in PACKAGED.glob("*/roles.yaml") for role in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    return {permission for role in roles for permission in role["permissions"]}


def test_every_command_is_documented(written: str) -> None:
    missing = [command.name for command in cli.commands() if f"gusu {command.name}" not in written]

    assert missing == []


def test_every_setting_is_documented(written: str) -> None:
    assert sorted(name for name in settings_read() if f"`{name}" not in written) == []


def test_every_event_is_documented(written: str) -> None:
    assert sorted(event.name for event in wiring.LISTENERS if f"`{event.name}`" not in written) == []


def test_every_permission_is_documented(written: str) -> None:
    assert sorted(name for name in permissions_asked() if f"`{name}`" not in written) == []


def test_every_wing_and_room_stands_in_the_architecture() -> None:
    said = (CHECKOUT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    wings = [folder for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()]
    rooms = [room for wing in wings for room in wing.iterdir() if (room / "__init__.py").exists()]
    names = {each.name for each in [*wings, *rooms]} - {"migrations", "commands", "server"}

    assert sorted(name for name in names if name not in said) == []


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[^A-Za-z0-9-]", line)[0] for line in asked]
    said = (CHECKOUT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")

    assert [name for name in names if name not in said] == []


def test_links_inside_the_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(CHECKOUT)}: {link}"
        for page in PAGES
        if page.exists()
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in link and not link.startswith("mailto:") and not (page.parent / link).exists()
    ]

    assert broken == []
