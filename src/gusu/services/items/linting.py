"""The item linter: what a declaration contradicts itself in (GB/T 39046-2020 and the audit rules cities use).

A rule looks at one declaration and gives the ways to what is wrong; an error stops a pack, a warning costs points.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gusu.kernel.text import Text
from gusu.services.items.spec import COURIER, NATURAL_PERSON, ONLINE, PERMIT, ItemPiece

At = tuple[str | int, ...]
Looks = Callable[[ItemPiece], Iterable[At]]
Severity = Literal["error", "warning"]

WEIGHT = {"error": 3, "warning": 1}
ENDINGS = {"证": "licence", "批复": "completion", "文": "document"}
LICENCE_NAMES = ("证", "证书", "执照", "许可证", "卡")
AREA_CODE = re.compile(r"0[0-9]{2,3}-[0-9]{5,8}")
STEPS_OF_A_PERMIT = 5  # 受理 审核 审批 办结 送达


@dataclass(frozen=True)
class Rule:
    """One rule. says: what is wrong; to_do: how it is put right."""

    code: str
    severity: Severity
    says: Text
    to_do: Text
    looks: Looks


@dataclass(frozen=True)
class Fault:
    """A rule broken, and where in the declaration."""

    rule: Rule
    at: At

    @property
    def text(self) -> Text:
        zh = f"[{self.rule.code}] {self.rule.says.zh}：{self.rule.to_do.zh}"
        return Text(zh, f"[{self.rule.code}] {self.rule.says.en}: {self.rule.to_do.en}")


def faults(piece: ItemPiece) -> list[Fault]:
    return [Fault(rule, at) for rule in RULES for at in rule.looks(piece)]


def score(piece: ItemPiece) -> int:
    """Points of 100: the weight of the rules kept in that of all; an error weighs as three warnings."""
    broken = {fault.rule.code for fault in faults(piece)}
    kept = sum(WEIGHT[rule.severity] for rule in RULES if rule.code not in broken)
    return round(100 * kept / sum(WEIGHT[rule.severity] for rule in RULES))


def _instant_at_once(piece: ItemPiece) -> Iterator[At]:
    if (piece.kind == "instant") != (piece.review == "immediate"):
        yield ("review",)


def _instant_without_waiting(piece: ItemPiece) -> Iterator[At]:
    if (piece.kind == "instant") != (piece.promised.days == 0):
        yield ("promised", "days")


def _result_as_named(piece: ItemPiece) -> Iterator[At]:
    name, kind = piece.result.name.zh, piece.result.kind
    wanted = next((kind for ending, kind in ENDINGS.items() if name.endswith(ending)), kind)
    if kind != wanted or (kind == "licence" and not name.endswith(LICENCE_NAMES)):
        yield ("result", "kind")


def _visits_explained(piece: ItemPiece) -> Iterator[At]:
    if piece.visits and not piece.visits_reason:
        yield ("visits",)


def _no_visit_reachable(piece: ItemPiece) -> Iterator[At]:
    if not piece.visits and not {COURIER, *ONLINE} & set(piece.channels):
        yield ("channels",)


def _nothing_to_pay(piece: ItemPiece) -> Iterator[At]:
    if not piece.fee.charged and piece.fee.paid_online:
        yield ("fee", "paid_online")


def _fee_founded(piece: ItemPiece) -> Iterator[At]:
    if piece.fee.charged and not (piece.fee.basis and piece.fee.name and piece.fee.standard):
        yield ("fee",)


def _two_phones(piece: ItemPiece) -> Iterator[At]:
    if piece.consultation_phone == piece.complaint_phone:
        yield ("complaint_phone",)


def _area_codes(piece: ItemPiece) -> Iterator[At]:
    for field in ("consultation_phone", "complaint_phone"):
        if not AREA_CODE.fullmatch(getattr(piece, field)):
            yield (field,)


def _topics_of_persons(piece: ItemPiece) -> Iterator[At]:
    if (NATURAL_PERSON in piece.audiences) != bool(piece.topics_person):
        yield ("topics_person",)


def _topics_of_organisations(piece: ItemPiece) -> Iterator[At]:
    if any(code != NATURAL_PERSON for code in piece.audiences) != bool(piece.topics_organisation):
        yield ("topics_organisation",)


def _permit_explained(piece: ItemPiece) -> Iterator[At]:
    if piece.type == PERMIT and not piece.questions:
        yield ("questions",)


def _permit_in_steps(piece: ItemPiece) -> Iterator[At]:
    if piece.type == PERMIT and len(piece.steps) < STEPS_OF_A_PERMIT:
        yield ("steps",)


def _promise_within_law(piece: ItemPiece) -> Iterator[At]:
    if piece.promised.calendar_days > piece.statutory.calendar_days:
        yield ("promised",)


def _materials_sourced(piece: ItemPiece) -> Iterator[At]:
    for place, material in enumerate(piece.materials):
        if material.need == "required" and not material.source:
            yield ("materials", place)


def _issuers_named(piece: ItemPiece) -> Iterator[At]:
    for place, material in enumerate(piece.materials):
        if material.source == "government" and not material.issuer:
            yield ("materials", place)


def _place_for_a_window(piece: ItemPiece) -> Iterator[At]:
    if piece.visits and not piece.places:
        yield ("places",)


def _questions_answered(piece: ItemPiece) -> Iterator[At]:
    if piece.type != PERMIT and not piece.questions:
        yield ("questions",)


def _steps_told(piece: ItemPiece) -> Iterator[At]:
    if piece.type != PERMIT and not piece.steps:
        yield ("steps",)


RULES: Sequence[Rule] = (
    Rule(
        "instant_at_once",
        "error",
        Text("即办件须即审即办，承诺件须前审后批", "an instant item is reviewed at once, a promised one beforehand"),
        Text("改正 kind 或 review", "correct kind or review"),
        _instant_at_once,
    ),
    Rule(
        "instant_without_waiting",
        "error",
        Text("即办件的承诺时限为 0，承诺件须有时限", "an instant item promises 0 days, a promised one more"),
        Text("改正 kind 或 promised.days", "correct kind or promised.days"),
        _instant_without_waiting,
    ),
    Rule(
        "result_as_named",
        "error",
        Text("结果名称与结果类型不符", "the result's name and its kind do not agree"),
        Text(
            "名称以“证”“文”“批复”结尾的，类型分别为 licence、document、completion",
            "a name that ends in 证, 文 or 批复 is a licence, a document or a completion",
        ),
        _result_as_named,
    ),
    Rule(
        "visits_explained",
        "error",
        Text("到现场次数不为 0 而未说明原因", "visits are asked for without a reason"),
        Text("填写 visits_reason，或将 visits 改为 0", "give visits_reason, or make visits 0"),
        _visits_explained,
    ),
    Rule(
        "no_visit_reachable",
        "error",
        Text("不需到现场，却不能网上办也不能邮寄", "no visit is needed, yet neither online nor by courier"),
        Text("在 channels 中加入 2、3 或 4", "add 2, 3 or 4 to channels"),
        _no_visit_reachable,
    ),
    Rule(
        "nothing_to_pay",
        "error",
        Text("不收费的事项不应有网上支付", "what costs nothing is not paid online"),
        Text("去掉 fee.paid_online", "leave out fee.paid_online"),
        _nothing_to_pay,
    ),
    Rule(
        "fee_founded",
        "error",
        Text("收费缺少项目、标准或依据", "a fee lacks its name, its standard or its basis"),
        Text("填写 fee 的 name、standard、basis", "give name, standard and basis of the fee"),
        _fee_founded,
    ),
    Rule(
        "two_phones",
        "error",
        Text("咨询电话与监督投诉电话相同", "consultation and complaint have one phone"),
        Text("投诉应由另一部电话受理", "complaints are taken at another number"),
        _two_phones,
    ),
    Rule(
        "area_codes",
        "error",
        Text("电话缺少区号", "a phone number lacks its area code"),
        Text("写成“区号-号码”", "write area code, hyphen, number"),
        _area_codes,
    ),
    Rule(
        "topics_of_persons",
        "error",
        Text("服务对象含自然人与自然人主题须同有同无", "natural persons and their topics go together"),
        Text("改正 audiences 或 topics_person", "correct audiences or topics_person"),
        _topics_of_persons,
    ),
    Rule(
        "topics_of_organisations",
        "error",
        Text("服务对象含法人与法人主题须同有同无", "organisations and their topics go together"),
        Text("改正 audiences 或 topics_organisation", "correct audiences or topics_organisation"),
        _topics_of_organisations,
    ),
    Rule(
        "permit_explained",
        "error",
        Text("行政许可至少有一个常见问题", "a permit has at least one question and answer"),
        Text("填写 questions", "give questions"),
        _permit_explained,
    ),
    Rule(
        "permit_in_steps",
        "error",
        Text("行政许可至少有五个环节", "a permit has at least five steps"),
        Text("写明受理、审核、审批、办结、送达", "name acceptance, review, approval, completion, delivery"),
        _permit_in_steps,
    ),
    Rule(
        "promise_within_law",
        "error",
        Text("承诺时限长于法定时限（5 个工作日按 7 日计）", "the promise is longer than the law allows"),
        Text("缩短 promised", "shorten promised (5 working days count as 7 days)"),
        _promise_within_law,
    ),
    Rule(
        "materials_sourced",
        "error",
        Text("必要材料未写来源", "a required material has no source"),
        Text("填写 source：applicant、government 或 other", "give source: applicant, government or other"),
        _materials_sourced,
    ),
    Rule(
        "issuers_named",
        "warning",
        Text("政府部门核发的材料未写出具机构", "nobody is named who issues a government material"),
        Text("填写 issuer", "give issuer"),
        _issuers_named,
    ),
    Rule(
        "place_for_a_window",
        "warning",
        Text("需到现场而未写办理地点", "a visit is asked for, but no place is given"),
        Text("填写 places", "give places"),
        _place_for_a_window,
    ),
    Rule(
        "questions_answered",
        "warning",
        Text("没有常见问题", "no question is answered"),
        Text("填写 questions", "give questions"),
        _questions_answered,
    ),
    Rule(
        "steps_told",
        "warning",
        Text("没有办理环节", "no step is told"),
        Text("填写 steps", "give steps"),
        _steps_told,
    ),
)
