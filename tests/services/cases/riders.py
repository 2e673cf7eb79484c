"""The small office's register, delivered to: a household and some others, for tests of what the register decides."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

from tests.resources.road import check, declare, receive
from tests.services.cases import office
from tests.services.cases.office import BY, FORM, ITEM, REGISTER

from gusu.identity.purposes.pack import PurposePiece, Purposes
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Label
from gusu.kernel.vocabulary.pack import SECTIONS as VOCABULARY
from gusu.kernel.vocabulary.pack import ElementPiece
from gusu.resources.catalogue.pack import GrantPiece, Grants
from gusu.resources.exchange.models import Exchange
from gusu.resources.subjects.actions import fuse_register, link_batch
from gusu.resources.subjects.models import BaseRegister
from gusu.resources.subjects.pack import Subjects
from gusu.resources.subjects.queries import subject_id
from gusu.resources.subjects.spec import Guardians, SourceOf, SubjectsPiece
from gusu.services.cases.spec import Condition
from gusu.services.forms.actions import write_forms
from gusu.services.forms.spec import Field, FormPiece, Step

SAID = Label("话", "words")
COLUMNS = ["number", "name", "phone", "born", "household", "relation"]
ITEMS = {
    "person.id_number": "number",
    "person.name": "name",
    "person.phone": "phone",
    "person.birth_date": "born",
    "person.household": "household",
    "person.household_relation": "relation",
}
DECLARED = [
    ElementPiece("person.id_number", SAID, "text", 3, 18, form="resident_number"),
    ElementPiece("person.phone", Label("电话", "Telephone"), "text", 3, 20, form="digits"),
    ElementPiece("person.birth_date", Label("出生日期", "Born"), "date", 3, form="date"),
    ElementPiece("person.household", SAID, "text", 2, 20, form="code"),
    ElementPiece("person.household_relation", SAID, "text", 2, 2, form="code"),
]
OLD_ENOUGH = Condition("person.birth_date", years_at_least=10, otherwise=Label("未满十周岁", "Younger than 10"))
RIDING = FormPiece(
    FORM.form,
    ITEM,
    REGISTER,
    applicant="person.name",
    steps=[
        Step(
            SAID,
            [
                Field("person.name"),
                Field("person.birth_date"),
                Field("person.phone", required=False),
                Field("bicycle.colour", ask="applicant"),
            ],
        )
    ],
    promise=SAID,
    wards=True,
)


@dataclass(frozen=True)
class Rider:
    """One row of the list that is delivered."""

    number: str
    name: str
    phone: str = ""
    born: str = ""
    household: str = ""
    relation: str = ""

    @property
    def subject(self) -> str:
        return subject_id(REGISTER, self.number)

    @property
    def actor(self) -> Actor:
        """With an account, the real name checked."""
        may = frozenset({"kind.citizen"})
        return Actor(f"acc1-{self.number}", permissions=may, subject=self.subject, assurance=3)


MOTHER = Rider("320508198805120018", "林安", "13900000001", "1988-05-12", "H1", "01")
CHILD = Rider("320508201506010032", "林小舟", "", "2015-06-01", "H1", "20")
SILENT = Rider("320508199003040029", "周默", "", "1990-03-04", "H2", "01")
NOBODY = "320508196001020055"
EVERYBODY = (MOTHER, CHILD, SILENT)


class Town:
    """The office and its register; `deliver` writes down what the whole list says from now on."""

    def __init__(self, exchange: Exchange, folder: Path) -> None:
        self.exchange, self.folder, self.delivered = exchange, folder, 0

    def deliver(self, riders: Sequence[Rider] = EVERYBODY) -> None:
        self.delivered += 1
        place = self.folder / f"riders-{self.delivered}.csv"
        rows = [",".join(COLUMNS), *(",".join(astuple(rider)) for rider in riders)]
        place.write_text("\n".join(rows) + "\n", encoding="utf-8")
        batch = check(receive(self.exchange, place))
        link_batch(batch, by=BY)
        fuse_register(BaseRegister.objects.get(code=REGISTER), by=BY)


def found_town(folder: Path, form: FormPiece = RIDING, **decision: object) -> Town:
    """decision: what its declaration says otherwise."""
    office.found_office(**decision)
    VOCABULARY[1].apply(DECLARED, by=BY)
    Purposes().apply([PurposePiece(code, SAID, SAID, 30) for code in ("real_name", "own_data")], by=BY)
    exchange = declare(COLUMNS, "riders", key="number")
    source = SourceOf("riders", "riders", Label("名单", "List"), ITEMS, "number")
    piece = SubjectsPiece(
        REGISTER,
        Label("骑车人", "Riders"),
        "person.id_number",
        [source],
        {element: [["riders"]] for element in ITEMS},
        find_by=["person.id_number", "person.household"],
        real_name=["person.name", "person.phone"],
        guardians=Guardians("person.household", "person.household_relation", "person.birth_date", ["01"], ["20"]),
    )
    Subjects().apply([piece], by=BY)
    grant([element for element in ITEMS if element != "person.id_number"])
    write_forms([form])
    town = Town(exchange, folder)
    town.deliver()
    return town


def grant(elements: list[str]) -> None:
    """What the office may know of anybody."""
    purposes = ("form_prefill", "service_handling", "guardianship")
    grants = [
        GrantPiece(f"wheels_{purpose}", "wheels", REGISTER, purpose, elements, "第三条", date(2026, 1, 1))
        for purpose in purposes
    ]
    Grants().apply(grants, by=BY)
