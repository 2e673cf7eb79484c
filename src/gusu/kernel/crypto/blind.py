"""Blind indexes by the column: SQL of the engine for what `envelope.blind_index` computes one by one.

HMAC-SHA-256 (RFC 2104, FIPS 180-4).  The engine is given not the key but its two pads, as secrets of the program
(`duck.run(…, secrets=blind.secrets(…))`); neither stands in a statement.  About 1 million values per CPU-second.
"""

from hashlib import sha256
from uuid import UUID

from gusu.kernel.crypto import envelope, keys
from gusu.kernel.engine.duck import secret

BLOCK = 64
"""Bytes that SHA-256 takes at a time."""


def secrets(context: str, version: int = 1) -> dict[str, bytes]:
    """What a program needs to know for the expressions below."""
    keys.versions()  # a new city makes its key here
    key = keys.derived(f"blind/{context}", version).ljust(BLOCK, b"\0")
    inner, outer = _labels(context, version)
    return {inner: bytes(byte ^ 0x36 for byte in key), outer: bytes(byte ^ 0x5C for byte in key)}


def expression(value: str, context: str, version: int = 1) -> str:
    """SQL: the 64 hexadecimal digits of `blind_index` for a VARCHAR expression; NULL stays NULL."""
    inner, outer = _labels(context, version)
    return f"sha256({secret(outer)} || unhex(sha256({secret(inner)} || encode({value}))))"


def subject_expression(value: str, context: str, version: int = 1) -> str:
    """SQL: the first 128 bits of `expression` as UUID."""
    return f"left({expression(value, context, version)}, 32)::UUID"


def subject(value: str, context: str, version: int = 1) -> UUID:
    """What `subject_expression` answers for one value."""
    return UUID(hex=envelope.blind_index(value, context=context, version=version).partition(".")[2][:32])


def _labels(context: str, version: int) -> tuple[str, str]:
    """Names of the two pads: without capitals, dots or quotes, whatever the context."""
    short = sha256(f"{version}/{context}".encode()).hexdigest()[:16]
    return f"blind_{short}_inner", f"blind_{short}_outer"
