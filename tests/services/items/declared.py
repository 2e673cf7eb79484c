"""One declaration that the linter finds nothing in, from which tests make others."""

from msgspec.structs import replace

from gusu.kernel.packs import Label
from gusu.services.items.spec import (
    Fee,
    ItemPiece,
    Law,
    Material,
    Place,
    Question,
    Result,
    Time,
)

SAID = Label("话", "words")
CLEAN = ItemPiece(
    item="bicycle_permit",
    code="11320500DEM454067E3200711001001",
    title=Label("自行车通行证", "Bicycle permit"),
    summary=Label("在河边小路上骑车，先领通行证。", "For riding along the canal."),
    organisation="wheels",
    type="01",
    level="3",
    audiences=["1", "2"],
    kind="promised",
    review="beforehand",
    decided_by="person",
    laws=[Law(SAID, "第一条", "骑车的，领证。")],
    conditions=[Label("会骑车", "Can ride")],
    statutory=Time(7, "calendar"),
    promised=Time(5, "working"),
    result=Result(Label("自行车通行证", "Bicycle permit"), "licence"),
    channels=["1", "2"],
    visits=1,
    visits_reason=Label("要看车", "The bicycle is looked at"),
    consultation_phone="0512-00000001",
    complaint_phone="0512-00000002",
    materials=[
        Material(Label("身份证", "Identity card"), source="government", issuer=SAID, elements=["person.name"]),
        Material(Label("车的照片", "A picture of the bicycle"), source="applicant"),
    ],
    steps=[SAID] * 5,
    fee=Fee(charged=True, name=SAID, standard=Label("5 元", "5 yuan"), basis="第二条", paid_online=True),
    places=[Place(SAID, SAID, SAID)],
    questions=[Question(SAID, SAID)],
    topics_person=["papers"],
    topics_organisation=["licensing"],
    life_events=["job"],
    also_called=["单车证"],
)


def item(**changed: object) -> ItemPiece:
    """The clean declaration, otherwise in these fields."""
    return replace(CLEAN, **changed)
