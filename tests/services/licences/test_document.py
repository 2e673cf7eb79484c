"""The document: what is drawn can be read, what is signed verifies elsewhere, and what the font lacks is refused."""

import io
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from gusu.kernel.text import Text
from gusu.services.licences import signing
from gusu.services.licences.drawing import Face, Line, NoGlyph, page
from gusu.services.licences.signing import signed

FACE = Face(
    title=Text("居住证", "Residence Permit"),
    issuer=Text("苏州市公安局", "Public Security Bureau"),
    lines=[
        Line("person.name", Text("姓名", "Name"), "沈小梅"),
        Line("person.address", Text("居住地址", "Address"), "苏州市姑苏区平江街道演示路 2 号 3 幢 402 室" * 2),
    ],
    validity="2026-11-24 — 2027-11-24",
    number="202600000001X",
    identifier="1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
    verify="http://127.0.0.1:8000/verify/abcdefghijklmnopqrstuv",
    note=Text("修改即失效。", "Any change makes it invalid."),
    demonstration=True,
)


@pytest.fixture(autouse=True)
def keys_of_its_own(own_keys: Path) -> None:
    signing._signer.cache_clear()


def verdict(pdf: bytes) -> tuple[bool, bool]:
    """(intact, trusted) by pyHanko's own validator, which trusts the city's root alone."""
    roots = [load_cert_from_pemder(str(signing.folder() / "root.pem"))]
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    with ThreadPoolExecutor(1) as aside:  # a browser's loop may run in the tests' own thread
        found = aside.submit(validate_pdf_signature, signature, ValidationContext(trust_roots=roots)).result()
    return found.intact and found.valid, found.trusted


def test_a_signed_licence_verifies_by_the_citys_root() -> None:
    assert verdict(signed(page(FACE), reason="居住证")) == (True, True)


def test_a_changed_byte_is_found() -> None:
    pdf = bytearray(signed(page(FACE), reason="居住证"))
    place = pdf.index(b"/Title")
    pdf[place + 12] ^= 1

    assert verdict(bytes(pdf))[0] is False


def test_the_signature_verifies_with_openssl_alone(tmp_path: Path) -> None:
    pdf = signed(page(FACE), reason="居住证")
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    start, length, again, rest = map(int, signature.byte_range)
    (tmp_path / "content").write_bytes(pdf[start : start + length] + pdf[again : again + rest])
    (tmp_path / "signature.der").write_bytes(signature.pkcs7_content)
    line = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature.der", "-content", "content"]
    line += ["-CAfile", str(signing.folder() / "root.pem"), "-purpose", "any", "-out", "out"]

    assert subprocess.run(line, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "content").write_bytes((tmp_path / "content").read_bytes() + b" ")
    assert subprocess.run(line, cwd=tmp_path, capture_output=True).returncode != 0


def test_one_face_gives_one_page() -> None:
    assert page(FACE) == page(FACE)


def test_the_font_is_embedded_and_cut_to_what_is_printed() -> None:
    body = page(FACE)

    assert b"/FontFile2" in body
    assert b"NotoSansSC" in body
    assert len(body) < 100_000


@pytest.mark.parametrize("name", ["龚䶮", "𠅤生", "王喆·李"])
def test_rare_names_are_printed(name: str) -> None:
    assert page(replace(FACE, lines=[Line("person.name", Text("姓名", "Name"), name)]))


@pytest.mark.parametrize(("name", "position"), [("沈\U0001f600", 2), ("\ue000梅", 1), ("沈\u0e01梅", 2)])
def test_a_character_the_font_lacks_is_refused_by_its_position(name: str, position: int) -> None:
    with pytest.raises(NoGlyph) as refused:
        page(replace(FACE, lines=[Line("person.name", Text("姓名", "Name"), name)]))

    assert refused.value.values == {"about": "person.name", "position": position}
    assert name not in refused.value.said.both


def test_the_keys_are_made_once_and_for_their_owner_alone() -> None:
    first = signing.folder()
    told = (first / "root.pem").read_bytes()

    assert signing.folder() == first
    assert (first / "root.pem").read_bytes() == told
    assert {file.stat().st_mode & 0o777 for file in first.iterdir()} == {0o600}
    assert first.stat().st_mode & 0o777 == 0o700
