"""Closing rows by the million: one data key for a whole publication, wrapped by the city's.  AES-256-GCM (NIST SP
800-38D).

Format 1 of a closed field: byte 0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16), with the row's identity as associated data,
so that it opens in its own row and nowhere else.  The nonce is 4 bytes drawn with the key and a counter of 8 bytes that
runs on as long as the key closes anything: none is used twice, and a key that was wrapped and unwrapped closes nothing.
Format 1 of a wrapped key: `v1.<version of the city's key>.<base64url of nonce ‖ wrapped key and tag>`.
"""

import os
from binascii import unhexlify
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
"""Bytes read, and about as many written, at a time."""
PURPOSE = b"gusu data key 1"
COPY_HEAD, COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
THREE_FIELDS = b"\0\x03" + b"\0\0\0\x10"
"""How a tuple of the binary form begins: three fields, the first of 16 bytes (PostgreSQL manual, COPY)."""


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


def close_lines(source: IO[bytes], target: Sink, key: DataKey, *, number: int) -> int:
    """Close the second field of tab-separated lines; answers how many.

    source: lines of an identity (UUID) and any bytes without a line break, each ended by one.  target: PostgreSQL's
    binary COPY form of (uuid, bigint, bytea): identity, number, closed field.
    """
    rows, rest = 0, b""
    target.write(COPY_HEAD)
    while block := source.read(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        rows += len(lines)
        target.write(b"".join(_closed(lines, key, number.to_bytes(8, "big"))))
    if rest:
        raise ValueError("the last line has no end: it was cut off")
    target.write(COPY_TAIL)
    return rows


def _closed(lines: list[bytes], key: DataKey, number: bytes) -> list[bytes]:
    seal, nonces, about = key._cipher.encrypt, key._nonces, b"\0\0\0\x08" + number
    found: list[bytes] = []
    for line in lines:
        identity, _, field = line.partition(b"\t")
        nonce = next(nonces)
        closed = seal(nonce, field, identity)
        size = len(FORMAT) + NONCE + len(closed)
        found += (
            THREE_FIELDS,
            unhexlify(identity.replace(b"-", b"")),
            about,
            size.to_bytes(4, "big"),
            FORMAT,
            nonce,
            closed,
        )
    return found


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
