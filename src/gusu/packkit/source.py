"""YAML as plain data that remembers where it stood, without YAML's surprises.

Only what is written is read: `01`, `2024-01-01`, `no` and `0x1F` stay text; a scalar is a number, a truth value or null
only by the core schema of YAML 1.2, and a quoted one is always text. Keys are always text. Doubled keys, anchors,
aliases and tags are errors. Every value's line is kept by its path, and so is how a number was written: the schema may
want it as text (`code: 320503`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

At = tuple[str | int, ...]

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}  # type: ignore[dict-item]
PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


@dataclass(frozen=True, order=True)
class Finding:
    """A problem where it stands, as a person reads it: file, line, what, in both languages."""

    file: Path
    line: int
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh}\n    {self.en}"


@dataclass
class Source:
    """One YAML file: its data, the line of every path in it, and the written form of its unquoted scalars."""

    file: Path
    data: object = None
    lines: dict[At, int] = field(default_factory=dict)
    written: dict[At, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, at: At) -> int:
        """The line of `at`, or of the nearest thing around it that the file does have."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def find(self, at: At, zh: str, en: str) -> Finding:
        return Finding(self.file, self.line(at), zh, en)


def read(file: Path) -> Source:
    """Read one file; what is wrong with it as YAML is in `.findings`, and the rest is still read."""
    source = Source(file)
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        zh, en = f"不是有效的 YAML：{error.problem}", f"not valid YAML: {error.problem}"
        source.findings.append(Finding(file, line, zh, en))
    except (UnicodeDecodeError, yaml.reader.ReaderError):
        source.findings.append(Finding(file, 1, "文件必须是 UTF-8 编码的文本", "the file must be text in UTF-8"))
    else:
        if root is not None:
            source.data = _plain(root, (), source)
    return source


class _Loader(yaml.SafeLoader):
    """Composes nodes only: every plain scalar is text until `_plain` has looked at it; no anchors."""

    yaml_implicit_resolvers = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None):
            problem = "anchors and aliases (& and *) are not used in packs / 包内不使用锚点与别名"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


def _plain(node: yaml.Node, at: At, source: Source) -> object:
    source.lines.setdefault(at, node.start_mark.line + 1)
    if node.tag not in PLAIN_TAGS:
        zh, en = f"包内不使用标签 {node.tag}", f"tags like {node.tag} are not used in packs"
        source.findings.append(source.find(at, zh, en))
        return None
    if isinstance(node, yaml.MappingNode):
        return dict(_members(node, at, source))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*at, number), source) for number, item in enumerate(node.value)]
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return str(node.value)
    source.written[at] = node.value
    return scalar(node.value)


def _members(node: yaml.MappingNode, at: At, source: Source) -> Iterator[tuple[str, object]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            source.findings.append(Finding(source.file, line, "键必须是文字", "a key must be text"))
            continue
        key = str(key_node.value)
        if key in seen:
            zh, en = f"键“{key}”重复，首见于第 {seen[key]} 行", f"the key '{key}' is already on line {seen[key]}"
            source.findings.append(Finding(source.file, line, zh, en))
            continue
        seen[key] = line
        source.lines[(*at, key)] = line
        yield key, _plain(value_node, (*at, key), source)


def scalar(text: str) -> object:
    """What an unquoted scalar means: null, a truth value, a number, or itself."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text
