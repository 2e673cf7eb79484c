"""How to reach a department: addresses, accounts, tokens. Kept beside the city's keys, never in a pack, the database
or the data folder: whoever steals a backup can reach nobody.

One file a connection, for its owner alone: `<keys>/connections-<city>/<name>.json`, a table of words to words.  What
the words are is the connector's business (its manual says which it reads).
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from gusu.kernel.crypto import keys
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text
from gusu.resources.exchange.errors import BadInput

NAMED = re.compile(r"[a-z][a-z0-9_]{0,62}")


class ConnectionMissing(BadInput):
    code = "connection_missing"
    says = Text(
        "没有名为“{name}”的连接。请由运维人员执行 ./gusu exchange connect {name}，再重新接收。",
        "There is no connection '{name}'. Have an operator run ./gusu exchange connect {name}, then receive again.",
    )


class ConnectionIncomplete(BadInput):
    code = "connection_incomplete"
    says = Text(
        "连接“{name}”缺少“{word}”。请执行 ./gusu exchange connect {name} 补全。",
        "The connection '{name}' has no '{word}'. Give it with ./gusu exchange connect {name}.",
    )


class WrongConnection(GusuError):
    """Never repeats what was given: it may be a password."""

    status, code = 422, "wrong_connection"
    says = Text(
        "连接的名称应为小写字母、数字和下划线，内容应为 JSON 对象，键和值都是文字。",
        "A connection's name is lower-case letters, digits and underscores; its content a JSON object of texts.",
    )


def keep(name: str, values: Mapping[str, str]) -> None:
    """Keep a connection, in place of any of that name. WrongConnection."""
    if not NAMED.fullmatch(name) or not _is_of_texts(values):
        raise WrongConnection
    draft = _folder() / f".{secrets.token_hex(8)}"
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(values, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_folder() / f"{name}.json")


def connection(name: str) -> dict[str, str]:
    """The words of a connection. ConnectionMissing."""
    place = _folder() / f"{name}.json"
    if not is_kept(name):
        raise ConnectionMissing(name=name)
    found: dict[str, str] = json.loads(place.read_text())
    return found


def word_of(name: str, word: str) -> str:
    """One word that a connector cannot do without. ConnectionMissing, ConnectionIncomplete."""
    found = connection(name).get(word, "")
    if not found:
        raise ConnectionIncomplete(name=name, word=word)
    return found


def is_kept(name: str) -> bool:
    return bool(NAMED.fullmatch(name)) and (_folder() / f"{name}.json").is_file()


def names() -> list[str]:
    """Every connection of this city, by name; what they hold is told to connectors alone."""
    return sorted(place.stem for place in _folder().glob("*.json"))


def _is_of_texts(values: object) -> bool:
    return isinstance(values, dict) and all(isinstance(word, str) for pair in values.items() for word in pair)


def _folder() -> Path:
    place = keys.beside("connections", Path(settings.DATA))
    place.mkdir(mode=0o700, exist_ok=True)
    return place
