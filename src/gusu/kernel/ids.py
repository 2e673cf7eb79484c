"""Identifiers that are never reused and say what they name: `acc1-0CZ1G6M8QK3V0XN4E2S7W9T5YB`.

kind, format version, then 128 bits in Crockford's base 32: 48 bits of milliseconds, so that they sort by age, and 80
random bits.
"""

import secrets
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new(kind: str) -> str:
    """A fresh identifier of `kind` (two to four lower-case letters), format version 1."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{kind}1-" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
