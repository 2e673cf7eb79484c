"""Merkle tree heads as in RFC 6962 §2.1, over leaves that are already digests."""

from hashlib import sha256


def root(leaves: list[bytes]) -> bytes:
    """The tree head of 32-byte leaves; of none, the digest of nothing."""
    if not leaves:
        return sha256(b"").digest()
    level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
    return level[0]
