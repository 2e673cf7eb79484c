"""The JSON door of licences: what the verification page says, for programs."""

from datetime import date, datetime

from django.http import HttpResponse
from ninja import Router, Schema

from gusu.identity.access import Request, anyone, endpoint
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text
from gusu.services.licences import queries

router = Router(tags=["licences"])


class LicenceUnknown(GusuError):
    """No licence of this city; the code itself is not said again."""

    status, code = 404, "licence_unknown"
    says = Text("本市无此证照。请核对核验码。", "No licence of this city has this code. Check the code.")


class PrintedOut(Schema):
    """A line as it stands on the licence."""

    label_zh: str
    label_en: str
    value: str


class VerifiedOut(Schema):
    """Whether a licence holds now, and what is printed on it. validity: valid, expired, suspended or revoked.

    state: 01 valid, 02 suspended, 03 revoked, 04 cancelled, 05 lapsed, 07 struck off.  printed: none where erased.
    """

    validity: str
    state: str
    since: datetime
    title_zh: str
    title_en: str
    issuer_zh: str
    issuer_en: str
    identifier: str
    number: str
    valid_from: date
    valid_to: date | None
    printed: list[PrintedOut]


@router.get("/{token}", response=VerifiedOut, url_name="api_licence", summary="Whether a licence holds, by its QR code")
@endpoint(may=anyone)
def verified(request: Request, response: HttpResponse, token: str) -> dict[str, object]:
    found = queries.verified(token)
    if found is None:
        raise LicenceUnknown
    response["Cache-Control"] = "no-store"
    return {
        "validity": found.validity,
        "state": found.state.value,
        "since": found.since,
        "title_zh": found.title.zh,
        "title_en": found.title.en,
        "issuer_zh": found.issuer.zh,
        "issuer_en": found.issuer.en,
        "identifier": found.identifier,
        "number": found.number,
        "valid_from": found.valid_from,
        "valid_to": found.valid_to,
        "printed": [{"label_zh": said.zh, "label_en": said.en, "value": value} for said, value in found.printed],
    }
