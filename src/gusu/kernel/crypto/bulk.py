"""Closing rows by the million: one data key for a whole publication, wrapped by the city's.  AES-256-GCM (NIST SP
800-38D).

Format 1 of a closed field: byte 0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16), with the row's identity as associated data,
so that it opens in its own row and nowhere else.  The nonce is 4 bytes drawn with the key and a counter of 8 bytes that
runs on as long as the key closes anything: none is used twice, and a key that was wrapped and unwrapped closes nothing.
Format 1 of a wrapped key: `v1.<version of the city's key>.<base64url of nonce ‖ wrapped key and tag>`.
"""

import os
from binascii import hexlify
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import IO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gusu.kernel.crypto import envelope, keys

FORMAT = b"\x01"
NONCE, TAG, WRAPPED = 12, 16, 48
BLOCK = 1 << 20
"""Bytes read, and about twice as many written, at a time."""
PURPOSE = b"gusu data key 1"


class Sink(Protocol):
    """What takes bytes: a file, a COPY."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key of its own for one publication.  wrapped: how it is kept; the city's key opens that."""

    wrapped: str
    _cipher: AESGCM = field(repr=False)
    _nonces: Iterator[bytes] = field(repr=False)

    @classmethod
    def fresh(cls) -> "DataKey":
        key, version, nonce, prefix = AESGCM.generate_key(256), keys.active(), os.urandom(NONCE), os.urandom(4)
        closed = AESGCM(keys.derived("data-key", version)).encrypt(nonce, key, PURPOSE)
        wrapped = envelope.written(version, nonce + closed)
        return cls(wrapped, AESGCM(key), (prefix + number.to_bytes(8, "big") for number in count()))


def close_lines(source: IO[bytes], target: Sink, key: DataKey) -> int:
    r"""Copy tab-separated lines with their last field closed; answers how many.

    source: PostgreSQL's COPY text form, each line ended by a line break.  The first field is the row's identity, the
    last any bytes without tab or line break; it leaves as `\\x<hexadecimal>`, the text form of a bytea.
    """
    rows, rest = 0, b""
    while block := source.read(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        rows += len(lines)
        target.write(b"".join(_closed(lines, key)))
    if rest:
        raise ValueError("the last line has no end: it was cut off")
    return rows


def _closed(lines: list[bytes], key: DataKey) -> Iterator[bytes]:
    seal, nonces = key._cipher.encrypt, key._nonces
    for line in lines:
        cut = line.rindex(b"\t") + 1
        nonce = next(nonces)
        yield line[:cut]
        yield b"\\\\x01"
        yield hexlify(nonce + seal(nonce, line[cut:], line[: line.index(b"\t")]))
        yield b"\n"


def open_(closed: bytes, identity: str, wrapped: str) -> bytes:
    """The field as it was; `cryptography.exceptions.InvalidTag` if it, its row or its key is another."""
    if len(closed) < len(FORMAT) + NONCE + TAG or not closed.startswith(FORMAT):
        raise InvalidTag
    return _unwrapped(wrapped).decrypt(closed[1 : 1 + NONCE], closed[1 + NONCE :], identity.encode())


@lru_cache(maxsize=256)
def _unwrapped(wrapped: str) -> AESGCM:
    """The data key, when it is written exactly as `fresh` writes it, under a key there is."""
    version, raw = envelope.parts(wrapped)
    if len(raw) != NONCE + WRAPPED:
        raise InvalidTag
    return AESGCM(AESGCM(keys.derived("data-key", version)).decrypt(raw[:NONCE], raw[NONCE:], PURPOSE))
