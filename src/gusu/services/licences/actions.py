"""What can happen to a licence: drawn and signed, kept, taken back, forgotten."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db import connection
from django.urls import reverse

from gusu.identity.organisations.queries import Organisation, organisation
from gusu.kernel import clock
from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.calendar.rules import DAY, birthday
from gusu.kernel.crypto import envelope
from gusu.kernel.errors import GusuError, NotAllowed
from gusu.kernel.states import move
from gusu.kernel.text import Text
from gusu.kernel.vocabulary.queries import elements, labels_by_element
from gusu.services.licences import rules
from gusu.services.licences.drawing import Face, Line, page
from gusu.services.licences.events import LicenceRevoked
from gusu.services.licences.identifier import check_character, identifier
from gusu.services.licences.models import Licence, LicenceKindVersion, LicenceLine, State
from gusu.services.licences.queries import held_until, kind_in_force, kind_of, token_hash
from gusu.services.licences.signing import signed
from gusu.services.licences.spec import LicencePiece, Printed, written
from gusu.services.versions import end, follow

NEXT_SERIAL = "SELECT nextval('services_licence_serial')"
RENEWED = "renewed"
NO_NOTE = Text("本证照经数字签名，修改即失效。", "Digitally signed: any change makes it invalid.")


class GroundUnknown(GusuError):
    """A licence is taken back on a ground of the law."""

    status, code = 422, "ground_unknown"
    says = Text("请选择撤销、注销的法定事由并写明理由。", "Choose the legal ground and give the reason.")


class IssuerWithoutCode(GusuError):
    """Without the issuer's USCC there is no identifier (GB/T 36904)."""

    status, code = 409, "issuer_without_code"
    says = Text(
        "发证机关“{issuer}”未登记统一社会信用代码，无法编制证照标识。请管理员补登后重试。",
        "The issuer '{issuer}' has no unified social credit code, so the licence has no identifier. "
        "Have an administrator enter it.",
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A licence drawn and signed, not yet issued. verify: the address in its QR code, which is kept nowhere else."""

    licence: Licence
    pdf: bytes = field(repr=False)
    verify: str = field(repr=False)


def write_kinds(pieces: Sequence[LicencePiece]) -> None:
    """Keep what packs declare, inside packkit's `apply`."""
    follow(LicenceKindVersion, {piece.licence: (piece.item, written(piece)) for piece in pieces})


def end_kinds(names: list[str]) -> None:
    end(LicenceKindVersion, names)


def made(kind: str, *, case: str, holder: str, values: Mapping[str, str]) -> Made:
    """Draw and sign a licence; nothing is kept but the serial that was drawn for it. Some 0.05 s.

    kind: as declared.  case: the case's id.  holder: a subject.  values: element → value, at least those printed.
    NotFound, IssuerWithoutCode, NoGlyph, TooLong, CertificateOver.
    """
    version, piece = kind_in_force(kind)
    issuer, today, token = organisation(piece.issuer), clock.today(), secrets.token_urlsafe(16)
    if not issuer.uscc:
        raise IssuerWithoutCode(issuer=piece.issuer)
    until = _valid_to(piece, values, today, held_until(piece.licence, holder) or today)
    licence = Licence(
        identifier=identifier(
            kind=piece.code, issuer=issuer.uscc, serial=f"{today.year}{_next_serial()}", version=piece.version
        ),
        number=_new_number(today),
        kind_version_id=version,
        case=case,
        holder=holder,
        issued_at=clock.now(),
        valid_from=today,
        valid_to=until,
        token_hash=token_hash(token),
    )
    lines = _lines(piece.printed, values)
    face = _face(piece, issuer, licence, lines, token)
    pdf = signed(page(face), reason=piece.title.zh)
    licence.sha256 = hashlib.sha256(pdf).hexdigest()
    licence.printed = envelope.close(_as_json(lines), context=f"licence-printed/{licence.pk}")
    licence.document = envelope.close(base64.b64encode(pdf).decode(), context=f"licence-document/{licence.pk}")
    return Made(licence, pdf, face.verify)


@action(may=rules.may_keep)
def keep(made: Made, *, by: Actor) -> Licence:
    """Issue what was made, inside the commit of whoever made it. A case has one licence: the first one stands.

    What its holder had of the same kind lapses with it (换发).
    """
    if found := Licence.objects.filter(case=made.licence.case).first():
        return found
    licence = made.licence
    same = Licence.objects.filter(holder=licence.holder, kind_version__name=kind_of(licence).licence)
    for former in same.filter(state=State.VALID).select_for_update(of=("self",)):
        move(former, State.LAPSED, along=rules.ALLOWED)
        former.save(update_fields=["state"])
        _append(former, RENEWED, "", by)
    licence.save(force_insert=True)
    _append(licence, "issued", "", by)
    trail.note(identifier=licence.identifier)
    return licence


@action(may=rules.may_revoke, tells=lambda licence: LicenceRevoked(licence=licence.pk, case=licence.case))
def revoke(licence: Licence, *, ground: str, reason: str, by: Actor) -> Licence:
    """Take a licence back on a ground of the law, with the reason; everybody who verifies it sees that at once."""
    if by.organisation != kind_of(licence).issuer:
        raise NotAllowed(verb="licences.revoke")
    if ground not in rules.GROUNDS or not reason.strip():
        raise GroundUnknown
    move(licence, rules.GROUNDS[ground], along=rules.ALLOWED)
    licence.save(update_fields=["state"])
    _append(licence, ground, reason.strip(), by)
    trail.note(ground=ground)
    return licence


@action(may=rules.is_the_house)
def forget_licence(licence: Licence, *, by: Actor) -> Licence:
    """What is printed on it and the document go; number, identifier and state stay. Twice is as once."""
    licence.printed, licence.document = "", ""
    licence.save(update_fields=["printed", "document"])
    licence.lines.exclude(said="").update(said="")
    return licence


def _face(piece: LicencePiece, issuer: Organisation, licence: Licence, lines: list[Line], token: str) -> Face:
    until = licence.valid_to.isoformat() if licence.valid_to else "长期 no end"
    return Face(
        title=piece.title.text,
        issuer=Text(issuer.name_zh, issuer.name_en),
        lines=lines,
        validity=f"{licence.valid_from.isoformat()} — {until}",
        number=licence.number,
        identifier=licence.identifier,
        verify=settings.PUBLIC_URL + reverse("verified", args=[token]),
        note=piece.note.text if piece.note else NO_NOTE,
        demonstration=settings.DEMO,
    )


def _lines(printed: Sequence[Printed], values: Mapping[str, str]) -> list[Line]:
    codes = [one.element for one in printed]
    known, labels = elements(codes), labels_by_element(codes)
    return [
        Line(
            one.element,
            one.label.text if one.label else known[one.element].label,
            _said(values.get(one.element, ""), labels.get(one.element, {}), one),
        )
        for one in printed
    ]


def _said(value: str, labels: Mapping[str, Text], one: Printed) -> str:
    said = labels[value].zh if value in labels else value
    return _masked(said) if one.masked else said


def _masked(said: str) -> str:
    shown = min(4, len(said) // 4)
    return said[:shown] + "*" * (len(said) - 2 * shown) + said[len(said) - shown :]


def _as_json(lines: Sequence[Line]) -> str:
    return json.dumps([[line.label.zh, line.label.en, line.value] for line in lines], ensure_ascii=False)


def _append(licence: Licence, ground: str, said: str, by: Actor) -> None:
    LicenceLine.objects.create(
        licence=licence,
        at=clock.now(),
        state=State(licence.state),
        account=by.account,
        organisation=by.organisation,
        ground=ground,
        said=said,
    )


def _next_serial() -> str:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_SERIAL)
        [(serial,)] = cursor.fetchall()
    return f"{serial:08d}"


def _new_number(today: date) -> str:
    """证号: the year, ten digits of chance, the check character.

    By chance, because identifier and number together open the verification page, and identifiers can be counted up.
    """
    while True:
        digits = f"{today.year}{secrets.randbelow(10**10):010d}"
        number = digits + check_character(digits)
        if not Licence.objects.filter(number=number).exists():
            return number


def _valid_to(piece: LicencePiece, values: Mapping[str, str], today: date, since: date) -> date | None:
    """The last day on which it is valid; None: without end. since: its months go on from the end of the former one."""
    ends = [_months_after(since, piece.months)] if piece.months else []
    if piece.until_age and (born := values.get(piece.until_age.born)):
        with suppress(ValueError):
            ends.append(birthday(date.fromisoformat(born), piece.until_age.years) - DAY)
    return max(min(ends), today) if ends else None


def _months_after(day: date, months: int) -> date:
    """The same day so many months later, the last of a shorter month (民法典 art. 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)
