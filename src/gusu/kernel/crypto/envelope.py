"""Envelope encryption: each value under a fresh key, that key under the city's.  AES-256-GCM (NIST SP 800-38D).

Format 1: `v1.<key version>.<base64url of nonce ‖ wrapped key ‖ nonce ‖ ciphertext>`.
"""

import base64
import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gusu.kernel.crypto import keys

NONCE, WRAPPED, TAG = 12, 48, 16
SHORTEST = NONCE + WRAPPED + NONCE + TAG


def close(value: str, *, context: str) -> str:
    """Encrypt `value`; it opens only with the same `context` (say, element and row), so that it cannot be moved
    elsewhere.
    """
    version, data_key = keys.active(), AESGCM.generate_key(256)
    bound = context.encode()
    outer, inner = os.urandom(NONCE), os.urandom(NONCE)
    wrapped = AESGCM(keys.derived("envelope", version)).encrypt(outer, data_key, bound)
    body = outer + wrapped + inner + AESGCM(data_key).encrypt(inner, value.encode(), bound)
    return written(version, body)


def open_(closed: str, *, context: str) -> str:
    """The value again; raises `cryptography.exceptions.InvalidTag` if it was touched or moved."""
    version, raw = parts(closed)
    if len(raw) < SHORTEST:
        raise InvalidTag
    bound = context.encode()
    outer, raw = raw[:NONCE], raw[NONCE:]
    wrapped, raw = raw[:WRAPPED], raw[WRAPPED:]
    data_key = AESGCM(keys.derived("envelope", version)).decrypt(outer, wrapped, bound)
    return AESGCM(data_key).decrypt(raw[:NONCE], raw[NONCE:], bound).decode()


def written(version: int, body: bytes) -> str:
    """The form a closed thing is kept in, with the version of the city's key that opens it."""
    return f"v1.{version}.{base64.urlsafe_b64encode(body).decode()}"


def parts(closed: str) -> tuple[int, bytes]:
    """(key version, body) of what stands exactly as `written` writes it, under a key there is; else InvalidTag."""
    known = {str(version): version for version in keys.versions()}
    form, _, rest = closed.partition(".")
    version, _, body = rest.partition(".")
    try:
        raw = base64.urlsafe_b64decode(body)
    except ValueError:
        raise InvalidTag from None
    if form != "v1" or version not in known or base64.urlsafe_b64encode(raw).decode() != body:
        raise InvalidTag
    return known[version], raw


def blind_index(value: str, *, context: str, version: int = 1) -> str:
    """What equality can be searched by without opening: HMAC-SHA-256 under a key of its own; `version` first, for
    re-indexing.
    """
    code = hmac.new(keys.derived(f"blind/{context}", version), value.encode(), sha256).hexdigest()
    return f"{version}.{code}"
