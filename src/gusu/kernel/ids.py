"""Identifiers that are never reused and say what they name: `acc1-0CZ1G6M8QK3V0XN4E2S7W9T5YB`.

kind, format version, then 128 bits in Crockford's base 32: 48 bits of milliseconds, so that they sort by age, and 80
random bits.
"""

import secrets
import time
from uuid import UUID

from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new(kind: str) -> str:
    """A fresh identifier of `kind` (two to four lower-case letters), format version 1."""
    return _written(kind, (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80))


def spelled(kind: str, number: UUID) -> str:
    """128 bits that come from elsewhere, such as a keyed hash, in the same form."""
    return _written(kind, number.int)


def read(kind: str, written: str) -> UUID:
    """The bits of an identifier of this kind; NotFound when it is none."""
    begins, body = f"{kind}1-", written[len(kind) + 2 :]
    if not written.startswith(begins) or len(body) != 26 or not set(body) <= set(ALPHABET) or body[0] > "7":
        raise NotFound(kind=Text("标识", "identifier"), key=begins)
    return UUID(int=sum(ALPHABET.index(digit) << 5 * place for place, digit in enumerate(reversed(body))))


def _written(kind: str, number: int) -> str:
    return f"{kind}1-" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
