"""Ed25519 signatures (RFC 8032) by the city's own key."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gusu.kernel.crypto import keys


def sign(message: bytes) -> tuple[int, bytes]:
    """(key version, signature) with the active key."""
    version = keys.active()
    return version, _private(version).sign(message)


def verify(message: bytes, signature: bytes, version: int) -> bool:
    try:
        _private(version).public_key().verify(signature, message)
    except (InvalidSignature, FileNotFoundError):
        return False
    return True


def public_key_pem(version: int) -> str:
    """For whoever verifies elsewhere, with openssl alone."""
    key = _private(version).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _private(version: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.derived("signature", version))
