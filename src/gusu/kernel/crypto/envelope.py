"""Envelope encryption: each value under a fresh key, that key under the city's.  AES-256-GCM (NIST SP 800-38D).

Format 1: `v1.<key version>.<base64url of nonce ‖ wrapped key ‖ nonce ‖ ciphertext>`.
"""

import base64
import hmac
import os
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gusu.kernel.crypto import keys

NONCE, WRAPPED = 12, 48


def close(value: str, *, context: str) -> str:
    """Encrypt `value`; it opens only with the same `context` (say, element and row), so that it cannot be moved
    elsewhere.
    """
    version, data_key = keys.active(), AESGCM.generate_key(256)
    bound = context.encode()
    outer, inner = os.urandom(NONCE), os.urandom(NONCE)
    wrapped = AESGCM(keys.derived("envelope", version)).encrypt(outer, data_key, bound)
    body = outer + wrapped + inner + AESGCM(data_key).encrypt(inner, value.encode(), bound)
    return f"v1.{version}.{base64.urlsafe_b64encode(body).decode()}"


def open_(closed: str, *, context: str) -> str:
    """The value again; raises `cryptography.exceptions.InvalidTag` if it was touched or moved."""
    _, version, body = closed.split(".")
    raw, bound = base64.urlsafe_b64decode(body), context.encode()
    outer, raw = raw[:NONCE], raw[NONCE:]
    wrapped, raw = raw[:WRAPPED], raw[WRAPPED:]
    data_key = AESGCM(keys.derived("envelope", int(version))).decrypt(outer, wrapped, bound)
    return AESGCM(data_key).decrypt(raw[:NONCE], raw[NONCE:], bound).decode()


def blind_index(value: str, *, context: str, version: int = 1) -> str:
    """What equality can be searched by without opening: HMAC-SHA-256 under a key of its own; `version` first, for
    re-indexing.
    """
    code = hmac.new(keys.derived(f"blind/{context}", version), value.encode(), sha256).hexdigest()
    return f"{version}.{code}"
