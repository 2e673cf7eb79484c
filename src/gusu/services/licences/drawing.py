"""The face of a licence as a PDF: one A5 page, the font embedded and cut to what is printed."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5, landscape
from reportlab.lib.textsplit import wordSplit
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

FONT = "NotoSansSC"
FILE = Path(__file__).with_name("fonts") / "NotoSansSC-Regular.ttf"
BLUE, INK, GREY, LINE = (HexColor(colour) for colour in ("#0f4c81", "#1b2733", "#5b6b7a", "#d5dde5"))
WIDTH, HEIGHT = landscape(A5)
MARGIN, QR = 14 * mm, 36 * mm
SMALLER = [(1, 1.0), (1, 0.85), (2, 0.7), (3, 0.55), (4, 0.46)]  # on so many lines at most, this part of the size


class NoGlyph(GusuError):
    """The font lacks a character: nothing is printed, rather than an empty box. position: from 1."""

    status, code = 422, "no_glyph"
    says = Text(
        "证照字库缺少“{about}”第{position}个字，未制证。请联系运维人员更换字库后重试。",
        "The licence font lacks character {position} of '{about}'; nothing was issued. Have an operator supply a font.",
    )


class TooLong(GusuError):
    """What does not fit is not printed smaller than one can read, and not cut."""

    status, code = 422, "too_long_to_print"
    says = Text(
        "“{about}”过长，证照版面放不下，未制证。请由发证机关核对该项内容。",
        "'{about}' is too long for the licence; nothing was issued. Have the issuer look at it.",
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the face. about: the element, for refusals."""

    about: str
    label: Text
    value: str


NO_LABEL = Text("", "")


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that is printed. verify: the address in the QR code."""

    title: Text
    issuer: Text
    lines: Sequence[Line]
    validity: str
    number: str
    identifier: str
    verify: str
    note: Text
    demonstration: bool


def page(face: Face) -> bytes:
    """The page. NoGlyph, TooLong. Drawn twice from one face it is the same, byte for byte."""
    _refuse_missing(face)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=True, lang="zh-Hans")
    canvas.setTitle(f"{face.title.zh} {face.number}")
    canvas.setAuthor(face.issuer.zh)
    _head(canvas, face)
    _lines(canvas, face)
    _qr(canvas, face)
    _foot(canvas, face)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, face: Face) -> None:
    canvas.setFillColor(BLUE)
    canvas.rect(0, HEIGHT - 27 * mm, WIDTH, 27 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    _write(canvas, MARGIN, HEIGHT - 14 * mm, face.title.zh, 20)
    _write(canvas, MARGIN, HEIGHT - 21 * mm, face.title.en, 9)
    if face.demonstration:
        text = "演示数据，无法律效力 · for demonstration, no legal effect"
        canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 21 * mm, text)


def _lines(canvas: Canvas, face: Face) -> None:
    top, step = HEIGHT - 37 * mm, 9.2 * mm
    for place, line in enumerate(face.lines):
        y = top - place * step
        canvas.setFillColor(GREY)
        _write(canvas, MARGIN, y, line.label.zh, 9)
        _write(canvas, MARGIN, y - 3.4 * mm, line.label.en, 6)
        canvas.setFillColor(INK)
        _fitted(canvas, MARGIN + 34 * mm, y - 1 * mm, line, 12, WIDTH - 2 * MARGIN - QR - 40 * mm)


def _qr(canvas: Canvas, face: Face) -> None:
    code = segno.make(face.verify, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix]
    size, x, y = QR / len(rows), WIDTH - MARGIN - QR, HEIGHT - 34 * mm - QR
    canvas.setFillColor(INK)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                canvas.rect(x + across * size, y + QR - (down + 1) * size, size, size, stroke=0, fill=1)
    canvas.setFillColor(GREY)
    _write(canvas, x, y - 5 * mm, "扫码核验真伪与状态", 8)
    _write(canvas, x, y - 8.6 * mm, "Scan to verify", 6.5)


def _foot(canvas: Canvas, face: Face) -> None:
    canvas.setStrokeColor(LINE)
    canvas.line(MARGIN, 31 * mm, WIDTH - MARGIN, 31 * mm)
    rows = [
        ("issuer", f"发证机关 Issued by  {face.issuer.zh} {face.issuer.en}", 9, INK),
        ("number", f"证照编号 No.  {face.number}    有效期 Valid  {face.validity}", 9, INK),
        ("identifier", f"证照标识 Identifier  {face.identifier}", 7.5, GREY),
        ("note", f"{face.note.zh} {face.note.en}", 6.5, GREY),
    ]
    for place, (about, text, size, colour) in enumerate(rows):
        canvas.setFillColor(colour)
        line = Line(about, NO_LABEL, text)
        _fitted(canvas, MARGIN, 25 * mm - place * 5.6 * mm, line, size, WIDTH - 2 * MARGIN)


def _fitted(canvas: Canvas, x: float, y: float, line: Line, size: float, width: float) -> None:
    """As large as it fits, its lines about the height y. TooLong."""
    for most, part in SMALLER:
        rows = wordSplit(line.value, width, FONT, size * part)
        if len(rows) <= most:
            break
    else:
        raise TooLong(about=line.about)
    step = size * part * 1.15
    for place, (_, text) in enumerate(rows):
        _write(canvas, x, y + ((len(rows) - 1) / 2 - place) * step, text.strip(), size * part)


def _write(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    canvas.setFont(FONT, size)
    canvas.drawString(x, y, text)


def _refuse_missing(face: Face) -> None:
    """The position is within the value; what packs write themselves is looked at like what they are told."""
    own = [("title", face.title), ("issuer", face.issuer), ("note", face.note)]
    told = [(about, text) for about, said in own for text in (said.zh, said.en)]
    for line in face.lines:
        told += [(line.about, line.value), (f"{line.about} (label)", line.label.zh + line.label.en)]
    for about, text in told:
        for position, character in enumerate(text, 1):
            if ord(character) not in _known():
                raise NoGlyph(about=about, position=position)


@cache
def _known() -> frozenset[int]:
    """Characters the font has, which is thereby known to the library that draws."""
    font = TTFont(FONT, str(FILE))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)
