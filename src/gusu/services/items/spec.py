"""The declaration of a service item: the fields of GB/T 39046-2020 table 4 that a guide, a form and a case need."""

from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from gusu.kernel.packs import Label, Piece

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
Said = Annotated[str, msgspec.Meta(min_length=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Codes = Annotated[list[str], msgspec.Meta(min_length=1)]

NATURAL_PERSON = "1"  # GB/T 39046-2020 A.4; the other codes are organisations of some kind
PERMIT = "01"  # A.1, 许可
ONLINE = {"2", "3"}  # A.5: computer, mobile
COURIER = "4"


class Law(Piece, frozen=True):
    """设定依据. text: the words of the article, as they stand in the law."""

    law: Label
    article: Said
    text: Said


class Time(Piece, frozen=True):
    """法定/承诺办结时限. days 0 is at once."""

    days: Count
    unit: Literal["working", "calendar"] = "working"

    @property
    def calendar_days(self) -> float:
        """Five working days count as seven calendar days."""
        return self.days * 7 / 5 if self.unit == "working" else float(self.days)


class Material(Piece, frozen=True):
    """申请材料. What its elements or a licence tell need not be handed in.

    source: 申请人自备 / 政府部门核发 / 其他.  need: 必要 / 非必要 / 容缺后补.
    elements: the data elements that tell the same.  licence: the kind of e-licence that shows the same.
    """

    name: Label
    need: Literal["required", "optional", "later"] = "required"
    source: Literal["applicant", "government", "other", ""] = ""
    issuer: Label | None = None
    elements: list[str] = []
    licence: str = ""
    note: Label | None = None

    @property
    def is_met(self) -> bool:
        """免提交."""
        return bool(self.elements or self.licence)


class Fee(Piece, frozen=True):
    """收费."""

    charged: bool = False
    name: Label | None = None
    standard: Label | None = None
    basis: str = ""
    paid_online: bool = False


class Result(Piece, frozen=True):
    """审批结果. kind: 出证 / 出文 / 审批办结."""

    name: Label
    kind: Literal["licence", "document", "completion"]


class Place(Piece, frozen=True):
    """办理地点与时间."""

    name: Label
    address: Label
    hours: Label


class Question(Piece, frozen=True):
    """常见问题."""

    asked: Label
    answer: Label


class ItemPiece(Piece, frozen=True):
    """`items/*.yaml`: one service item."""

    item: Name
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}[1-7][0-9A-Z]{12}$")]
    title: Label
    summary: Label
    organisation: str
    type: str
    level: str
    audiences: Codes
    kind: Literal["instant", "promised"]
    review: Literal["immediate", "beforehand"]
    decided_by: Literal["rule", "person"]
    laws: Annotated[list[Law], msgspec.Meta(min_length=1)]
    conditions: Annotated[list[Label], msgspec.Meta(min_length=1)]
    statutory: Time
    promised: Time
    result: Result
    channels: Codes
    visits: Count
    consultation_phone: Said
    complaint_phone: Said
    materials: list[Material] = []
    steps: list[Label] = []
    fee: Fee = Fee()
    visits_reason: Label | None = None
    places: list[Place] = []
    questions: list[Question] = []
    topics_person: list[str] = []
    topics_organisation: list[str] = []
    life_events: list[str] = []
    also_called: list[str] = []
    demonstration: bool = False

    @property
    def words(self) -> str:
        """What the search looks at."""
        names = [material.name.zh for material in self.materials]
        labels = [self.title.zh, self.title.en, self.summary.zh, self.summary.en, self.result.name.zh]
        return " ".join([*labels, *self.also_called, *names, self.item, self.code])


def written(piece: ItemPiece) -> str:
    """The declaration as the text that a version keeps."""
    return msgspec.json.encode(piece).decode()


@lru_cache(maxsize=1024)
def read(declaration: str) -> ItemPiece:
    """The declaration of a version; versions never change, so what was read once is kept."""
    return msgspec.json.decode(declaration, type=ItemPiece)
