"""Signatures that openssl alone can check."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gusu.kernel.crypto import keys, signatures

pytestmark = pytest.mark.usefixtures("own_keys")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
@pytest.mark.parametrize(("message", "verdict"), [(b"sealed", 0), (b"Sealed", 1)])
def test_openssl_says_the_same(message: bytes, verdict: int, tmp_path: Path) -> None:
    version, signature = signatures.sign(b"sealed")
    (tmp_path / "key.pem").write_text(signatures.public_key_pem(version))
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "message").write_bytes(message)

    asked = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
    answer = subprocess.run(asked.split(), cwd=tmp_path, capture_output=True)

    assert answer.returncode == verdict, answer.stderr
    assert signatures.verify(message, signature, version) is (verdict == 0)


def test_a_rotation_leaves_older_signatures_good_and_new_ones_are_by_the_new_key() -> None:
    old, by_old = signatures.sign(b"m")
    keys.rotate()
    new, by_new = signatures.sign(b"m")

    assert (old, new) == (1, 2)
    assert signatures.verify(b"m", by_old, 1)
    assert signatures.verify(b"m", by_new, 2)
    assert not signatures.verify(b"m", by_old, 2)
    assert not signatures.verify(b"m", by_old, 3)
