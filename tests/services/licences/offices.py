"""An issuer, the elements that are printed and one kind of licence, without packs and cases."""

from collections.abc import Mapping

from msgspec.structs import replace

from gusu.identity.organisations.pack import OrganisationPiece, Organisations
from gusu.identity.organisations.rules import uscc_check_character
from gusu.kernel.actor import Actor, house
from gusu.kernel.packs import Label
from gusu.kernel.vocabulary.pack import SECTIONS as VOCABULARY
from gusu.kernel.vocabulary.pack import CodeListPiece, CodePiece, ElementPiece
from gusu.services.licences import actions
from gusu.services.licences.models import Licence
from gusu.services.licences.pack import Licences
from gusu.services.licences.spec import LicencePiece, Printed

BY = house("tests")
USCC = "11320500DEM454067"
USCC += uscc_check_character(USCC)
SAID = Label("话", "words")
KIND = LicencePiece(
    "bicycle_permit",
    f"{USCC}001",
    Label("自行车通行证", "Bicycle Permit"),
    issuer="wheels",
    item="bicycle_permit",
    months=12,
    printed=[
        Printed("person.name"),
        Printed("person.id_number", masked=True),
        Printed("bicycle.colour", label=Label("车色", "Bicycle")),
    ],
)
VALUES = {"person.name": "林小舟", "person.id_number": "320508199001010015", "bicycle.colour": "red"}
HOLDER = "sub1-00000000000000000000000001"
OFFICIAL = Actor("acc1-WHEELS", organisation="wheels", permissions=frozenset({"kind.official", "licences.revoke"}))
NEIGHBOUR = Actor("acc1-BOATS", organisation="boats", permissions=frozenset({"kind.official", "licences.revoke"}))


def found_issuer(kind: LicencePiece = KIND) -> None:
    wheels = OrganisationPiece("wheels", Label("车辆局", "Bureau of Wheels"), "department", uscc=USCC)
    Organisations().apply([wheels, OrganisationPiece("boats", SAID, "department")], by=BY)
    colours = CodeListPiece("bicycle.colours", SAID, (CodePiece("red", Label("红", "Red")),))
    declared = [
        ElementPiece("person.name", Label("姓名", "Name"), "text", 2, 60),
        ElementPiece("person.id_number", Label("公民身份号码", "Identity number"), "text", 18, 18),
        ElementPiece("bicycle.colour", Label("车的颜色", "Colour"), "code", 1, codelist=colours.code),
    ]
    VOCABULARY[0].apply([colours], by=BY)
    VOCABULARY[1].apply(declared, by=BY)
    Licences().apply([kind], by=BY)


def drawn(case: str = "case1-1", values: Mapping[str, str] = VALUES) -> actions.Made:
    return actions.made(KIND.licence, case=case, holder=HOLDER, values=values)


def issued(case: str = "case1-1", values: Mapping[str, str] = VALUES) -> Licence:
    return actions.keep(drawn(case, values), by=BY)


def of_months(months: int) -> LicencePiece:
    return replace(KIND, months=months)
