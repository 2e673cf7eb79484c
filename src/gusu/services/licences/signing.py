"""PAdES signatures (ETSI EN 319 142-1, baseline B-B) by a key of the city's own.

The city is its own small authority: a root certificate, made once, and under it the certificate licences are signed
by.  Both keys are ECDSA P-256, and lie with the city's other keys, outside the data folder.  Whoever verifies elsewhere
trusts `root.pem` (docs/operating/licences.md).
"""

import io
import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from gusu.kernel import clock
from gusu.kernel.crypto import keys
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

YEARS = timedelta(days=3652)
SKEW = timedelta(minutes=5)  # clocks of those who verify may be slow


class CertificateOver(GusuError):
    """Nothing is signed by a certificate that nobody would believe."""

    status, code = 503, "certificate_over"
    says = Text(
        "签发证照所用证书已于 {day} 到期，暂停制证。请运维人员按 docs/operating/licences.md 更换证书。",
        "The certificate licences are signed by ended on {day}; nothing is issued. "
        "Have an operator renew it (docs/operating/licences.md).",
    )


def signed(page: bytes, *, reason: str) -> bytes:
    """The PDF with an invisible signature over all of it; whatever is changed afterwards breaks it. CertificateOver."""
    signer = _signer(folder())
    _refuse_what_is_over(signer)
    about = signers.PdfSignatureMetadata(
        field_name="Gusu",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
    )
    out = io.BytesIO()
    with ThreadPoolExecutor(1) as aside:  # pyHanko runs a loop of its own, which a thread that has one refuses
        work = aside.submit(
            signers.sign_pdf, IncrementalPdfFileWriter(io.BytesIO(page)), about, signer=signer, output=out
        )
    work.result()
    return out.getvalue()


def root_pem() -> bytes:
    """The certificate to trust."""
    return (folder() / "root.pem").read_bytes()


def folder() -> Path:
    """Where this city's certificates are; made on first use. Of two processes that make them at once one wins."""
    place = keys.beside("licence-signing", Path(settings.DATA))
    if not place.is_dir():
        draft = keys.folder() / f".{secrets.token_hex(8)}"
        draft.mkdir(mode=0o700)
        _make(draft)
        try:
            draft.rename(place)
        except OSError:
            shutil.rmtree(draft)
    return place


def _refuse_what_is_over(signer: signers.SimpleSigner) -> None:
    assert signer.signing_cert is not None
    end = signer.signing_cert.not_valid_after
    if clock.now() > end:
        raise CertificateOver(day=end.date().isoformat())


@cache
def _signer(place: Path) -> signers.SimpleSigner:
    found = signers.SimpleSigner.load(  # type: ignore[no-untyped-call]
        key_file=str(place / "signing.key"),
        cert_file=str(place / "signing.pem"),
        ca_chain_files=(str(place / "root.pem"),),
    )
    assert isinstance(found, signers.SimpleSigner)
    return found


def _make(place: Path) -> None:
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    top, name = _name("Gusu licence root"), _name("Gusu licence signing")
    authority = (
        _certificate(top, top, root)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .sign(root, hashes.SHA256())
    )
    signing = (
        _certificate(name, top, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(place / "signing.key", key.private_bytes(*plain))
    _write(place / "root.key", root.private_bytes(*plain))
    _write(place / "root.pem", authority.public_bytes(Encoding.PEM))
    _write(place / "signing.pem", signing.public_bytes(Encoding.PEM))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, body: bytes) -> None:
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
