"""What can be asked of licences: by their holder, by officials, and by anybody who holds one in hand."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import connection
from django.db.models import F, Max

from gusu.identity.organisations.queries import organisation
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.crypto import envelope
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text
from gusu.services.licences.identifier import is_identifier
from gusu.services.licences.models import Licence, LicenceKindVersion, LicenceLine, State
from gusu.services.licences.rules import BY_HAND, GROUNDS
from gusu.services.licences.signing import root_pem
from gusu.services.licences.spec import LicencePiece, read
from gusu.services.versions import in_force

__all__ = ["BY_HAND", "GROUNDS", "Licence", "LicenceLine", "LicencePiece", "State", "root_pem"]

OWN_DATA = "own_data"
Validity = Literal["valid", "expired", "suspended", "revoked"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What anybody who holds a licence may know of it: what is printed there, and whether it still holds.

    printed: (label, value) as they stand on its face; none where it was erased.  since: of the present state.
    """

    validity: Validity
    state: State
    since: datetime
    title: Text
    issuer: Text
    identifier: str
    number: str
    valid_from: date
    valid_to: date | None
    printed: list[tuple[Text, str]]


@dataclass(frozen=True, slots=True)
class Held:
    """A valid licence, by its id. renewable_on: the first day on which it can be applied for anew; None: never."""

    licence: str
    valid_to: date | None
    kind: LicencePiece

    @property
    def renewable_on(self) -> date | None:
        return self.valid_to - timedelta(days=self.kind.renewed_within) if self.valid_to else None


def licences_of(subject: str) -> list[Licence]:
    """Those of one holder, newest first, without their documents."""
    return list(Licence.objects.filter(holder=subject).defer("document").order_by("-pk"))


def readable_of(holders: Iterable[str]) -> list[Licence]:
    """Those of these holders of which anything that is printed there is still kept, without their documents."""
    return list(Licence.objects.filter(holder__in=list(holders)).exclude(printed="", document="").defer("document"))


def held_until(kind: str, holder: str) -> date | None:
    """The last day of what somebody has of a kind and is valid; None: they have none, or one without end."""
    same = Licence.objects.filter(holder=holder, kind_version__name=kind, state=State.VALID)
    last: date | None = same.filter(valid_to__gte=clock.today()).aggregate(last=Max("valid_to"))["last"]
    return last


def valid_of_kind(like: Licence) -> list[Licence]:
    """What its holder has of the same kind and is valid."""
    same = Licence.objects.filter(holder=like.holder, kind_version__name=kind_of(like).licence, state=State.VALID)
    return [one for one in same.exclude(pk=like.pk).defer("document") if validity_of(one) == "valid"]


def held_of(item: str, subject: str) -> Held | None:
    """The valid licence that somebody holds as the result of an item; of several the one that lasts longest."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"subject": subject, "item": item, "today": clock.today(), "valid": State.VALID.value})
        found = cursor.fetchone()
    return Held(found[0], found[1], read(found[2])) if found else None


HELD = """
SELECT l.id, l.valid_to, v.declaration FROM services_licence AS l
JOIN services_licencekindversion AS v ON v.id = l.kind_version_id
WHERE l.holder = %(subject)s AND v.item = %(item)s AND l.state = %(valid)s
    AND (l.valid_to IS NULL OR l.valid_to >= %(today)s)
ORDER BY l.valid_to DESC NULLS FIRST LIMIT 1
"""


def licence_of_case(case: str) -> Licence | None:
    return Licence.objects.filter(case=case).defer("document").first()


def licences_of_cases(cases: Sequence[str]) -> dict[str, Licence]:
    """By case, in one query."""
    return {found.case: found for found in Licence.objects.filter(case__in=cases).defer("document")}


def licence(key: str) -> Licence:
    """By id; NotFound."""
    found = Licence.objects.filter(pk=key).first()
    if found is None:
        raise NotFound(kind=Licence.NOUN, key=key)
    return found


def history(licence: Licence) -> list[LicenceLine]:
    return list(LicenceLine.objects.filter(licence=licence).order_by("pk"))


def document(licence: Licence, *, whom: trail.Named | None = None, by: Actor, purpose: str = OWN_DATA) -> bytes:
    """The signed PDF. One line in the trail: of its holder, where `whom` names them. NotFound where it was erased."""
    detail: dict[str, object] = {"licence": licence.pk}
    trail.append("licences.read_document", by=by, about=whom or licence, purpose=purpose, detail=detail)
    if not licence.document:
        raise NotFound(kind=Licence.NOUN, key=licence.pk)
    return base64.b64decode(envelope.open_(licence.document, context=f"licence-document/{licence.pk}"))


def verified(token: str) -> Verified | None:
    """By what the QR code holds; None for anything else."""
    return _verified(Licence.objects.filter(token_hash=token_hash(token)).defer("document").first())


def verified_by_hand(identifier: str, number: str) -> Verified | None:
    """By identifier and number, both as printed; None where they are not of one licence."""
    written, told = identifier.strip().upper(), number.strip().upper()
    if not is_identifier(written):
        return None
    return _verified(Licence.objects.filter(identifier=written, number=told).defer("document").first())


def validity_of(licence: Licence) -> Validity:
    if licence.state == State.SUSPENDED:
        return "suspended"
    if licence.state in (State.REVOKED, State.CANCELLED, State.STRUCK_OFF):
        return "revoked"
    over = licence.valid_to is not None and licence.valid_to < clock.today()
    return "expired" if over or licence.state == State.LAPSED else "valid"


def kind_of(licence: Licence) -> LicencePiece:
    """What its kind was when it was issued."""
    return read(LicenceKindVersion.objects.values_list("declaration", flat=True).get(pk=licence.kind_version_id))


def kinds_of(licences: Sequence[Licence]) -> dict[str, LicencePiece]:
    """The same of many, by the licence's id, in one query."""
    pks = {one.kind_version_id for one in licences}
    found = dict(LicenceKindVersion.objects.filter(pk__in=pks).values_list("pk", "declaration"))
    return {one.pk: read(found[one.kind_version_id]) for one in licences}


def kind_in_force(name: str) -> tuple[int, LicencePiece]:
    """(version, declaration) of a kind as it is issued today, or was last; NotFound."""
    found = LicenceKindVersion.objects.filter(name=name).order_by("-number").first()
    if found is None:
        raise NotFound(kind=Text("证照类型", "kind of licence"), key=name)
    return found.pk, read(found.declaration)


def kinds_for(item: str) -> list[str]:
    """Names of the kinds that an item results in, or last did: what was granted is issued, whatever packs say since."""
    rows = LicenceKindVersion.objects.filter(item=item).order_by(F("until_at").desc(nulls_first=True), "-pk")
    return list(dict.fromkeys(rows.values_list("name", flat=True)))


def declarations() -> dict[str, LicencePiece]:
    return {name: read(text) for name, text in in_force(LicenceKindVersion).items()}


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _verified(found: Licence | None) -> Verified | None:
    if found is None:
        return None
    piece = kind_of(found)
    issuer = organisation(piece.issuer)
    since = found.lines.order_by("-pk").values_list("at", flat=True).first()
    return Verified(
        validity=validity_of(found),
        state=State(found.state),
        since=since or found.issued_at,
        title=piece.title.text,
        issuer=Text(issuer.name_zh, issuer.name_en),
        identifier=found.identifier,
        number=found.number,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        printed=_printed(found),
    )


def _printed(found: Licence) -> list[tuple[Text, str]]:
    if not found.printed:
        return []
    lines = json.loads(envelope.open_(found.printed, context=f"licence-printed/{found.pk}"))
    return [(Text(zh, en), value) for zh, en, value in lines]
