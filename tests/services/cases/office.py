"""A small office: one item, its form and how it is decided, officials of several bodies; a register nobody delivered
to yet, so that every field is typed. No packs, no engine, no departments: for tests of what happens to a case.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from msgspec.structs import replace
from tests.services.items.declared import CLEAN

from gusu.identity.organisations.pack import OrganisationPiece, Organisations
from gusu.identity.purposes.pack import PurposePiece, Purposes
from gusu.kernel.actor import Actor, house
from gusu.kernel.calendar.models import CalendarDay
from gusu.kernel.crypto import keys
from gusu.kernel.packs import Label
from gusu.kernel.vocabulary.pack import SECTIONS as VOCABULARY
from gusu.kernel.vocabulary.pack import CodeListPiece, CodePiece, ElementPiece
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.subjects.models import BaseRegister
from gusu.resources.subjects.pack import store
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, kept_as
from gusu.services.cases import actions, queries
from gusu.services.cases.actions import Missing
from gusu.services.cases.models import Case
from gusu.services.cases.spec import Condition, DecisionPiece
from gusu.services.forms import queries as forms
from gusu.services.forms.actions import write_forms
from gusu.services.forms.spec import Field, FormPiece, Step
from gusu.services.items.actions import write_items
from gusu.services.licences.actions import write_kinds
from gusu.services.licences.spec import LicencePiece, Printed

BY = house("tests")
REGISTER, ITEM = "riders", CLEAN.item
USCC = "113205000141495527"
BODIES = {
    "wheels": ("车管局", "Wheels"),
    "boats": ("船管局", "Boats"),
    "hall": ("政务大厅", "Hall"),
    "city": ("市政府", "City"),
}
TYPED = {"person.name": "林小舟", "bicycle.colour": "red"}
MISSING = [Missing("person.name", "请填写全名"), Missing("m1", "照片不清楚")]
WHY = Label("理由", "the reason")
SURNAME = Condition("person.name", otherwise=WHY, begins_with=["林"])
_SAID = Label("话", "words")


def citizen(number: int = 1) -> Actor:
    """Somebody whose real name was checked; the same number is the same person."""
    may = frozenset({"kind.citizen"})
    return Actor(f"acc1-RIDER{number}", permissions=may, subject=f"sub1-{number:026}", assurance=3)


def official(*permissions: str, organisation: str = "wheels", account: str = "OFFICIAL") -> Actor:
    may = frozenset({"kind.official", *permissions})
    return Actor(f"acc1-{account}", organisation=organisation, permissions=may, assurance=1)


WINDOW = official("cases.receive", organisation="hall", account="WINDOW")
OFFICER = official("cases.handle", account="OFFICER")
APPROVER = official("cases.handle", "cases.decide", account="APPROVER")
STRANGER = official("cases.handle", "cases.decide", organisation="boats", account="STRANGER")
LEADER = official("cases.lead", organisation="city", account="LEADER")


@transaction.atomic
def found_office(**decision: object) -> None:
    """Everything one needs to apply for a bicycle permit. decision: what its declaration says otherwise."""
    keys.versions()  # the first start of a city makes its first key
    organisations = [
        OrganisationPiece(code, Label(*name), "department", uscc=USCC if code == "wheels" else "")
        for code, name in BODIES.items()
    ]
    Organisations().apply(organisations, by=BY)
    purposes = [PurposePiece(code, _SAID, _SAID, 30) for code in ("service_handling", "form_prefill", "guardianship")]
    Purposes().apply(purposes, by=BY)
    colours = CodeListPiece(
        "bicycle.colours",
        Label("颜色", "Colours"),
        (CodePiece("red", Label("红", "Red")), CodePiece("blue", Label("蓝", "Blue"))),
    )
    declared = [
        ElementPiece("person.name", Label("姓名", "Name"), "text", 2, 60),
        ElementPiece("bicycle.colour", Label("车的颜色", "Colour of the bicycle"), "code", 1, codelist=colours.code),
    ]
    VOCABULARY[0].apply([colours], by=BY)
    VOCABULARY[1].apply(declared, by=BY)
    _found_register()
    write_items([LENIENT])
    write_forms([FORM])
    actions.write_decisions([replace(DECISION, **decision)])


LENIENT = replace(CLEAN, materials=[CLEAN.materials[0], replace(CLEAN.materials[1], need="optional")])
FORM = FormPiece(
    "bicycle_permit",
    ITEM,
    REGISTER,
    applicant="person.name",
    steps=[
        Step(Label("您", "You"), [Field("person.name")]),
        Step(Label("车", "The bicycle"), [Field("bicycle.colour", ask="applicant")]),
    ],
    promise=_SAID,
)
PERMIT = LicencePiece(
    "bicycle_permit",
    f"{USCC}001",
    Label("自行车通行证", "Bicycle permit"),
    "wheels",
    ITEM,
    [Printed("person.name"), Printed("bicycle.colour")],
    months=12,
)
DECISION = DecisionPiece("bicycle_permit", ITEM, REGISTER)


def _found_register() -> None:
    source = SourceOf("wheels", "riders", _SAID, {"person.name": "name"})
    piece = SubjectsPiece(REGISTER, _SAID, "person.name", [source], {"person.name": [["wheels"]]})
    BaseRegister.objects.create(code=REGISTER, title_zh="骑车人", title_en="Riders", spec=kept_as(piece))
    store.create(store.Layout.of(piece, elements(piece.elements)))


def issue_permits() -> None:
    """From now on a bicycle permit is an e-licence."""
    write_kinds([PERMIT])


def issued(by: Actor | None = None) -> Case:
    """Granted, and the house has done its part: with permits issued, and the outcome on its way or the case closed."""
    case = decided(by)
    actions.issue_licence(case, by=BY)
    case.refresh_from_db()
    return case


def opened(by: Actor | None = None) -> Case:
    applicant = by or citizen()
    return actions.open_case(ITEM, subject=applicant.subject, by=applicant)


def submitted(by: Actor | None = None, typed: Mapping[str, str] = TYPED) -> Case:
    applicant = by or citizen()
    return handed_in(opened(applicant), typed, by=applicant)


def handed_in(case: Case, typed: Mapping[str, str] = TYPED, *, by: Actor) -> Case:
    """A draft or a correction, the page's code with it."""
    form = forms.form_at(case.form_version_id)
    facts = forms.prefilled(form, case.subject, by=queries.asker(queries.pinned(case), by))
    return actions.submit_case(case, typed, seen=forms.seen(form, case.subject, facts), by=by)


def received(by: Actor | None = None) -> Case:
    return actions.receive_case(submitted(by), by=OFFICER)


def returned(by: Actor | None = None) -> Case:
    return actions.return_case(received(by), MISSING, by=OFFICER)


def accepted(by: Actor | None = None) -> Case:
    return actions.accept_case(received(by), by=OFFICER)


def reviewed(by: Actor | None = None) -> Case:
    return actions.review_case(accepted(by), opinion="情况属实", by=OFFICER)


def decided(by: Actor | None = None, *, granted: bool = True) -> Case:
    return actions.decide_case(reviewed(by), granted=granted, reason="理由", by=APPROVER)


def free_day(day: date) -> None:
    """Offices do not work on that day."""
    CalendarDay.objects.update_or_create(
        date=day, defaults={"working": False, "name_zh": "休", "name_en": "Off", "source": "tests"}
    )
