"""The refusals of a case's verbs, in the applicant's words."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class NotYourWard(GusuError):
    """No register shows that the applicant may act for this person."""

    status, code = 403, "not_your_ward"
    says = Text(
        "登记信息未显示您是该人的监护人，不能代为申请。请到窗口出示监护关系证明。",
        "The register does not show that you are this person's guardian. Bring proof of guardianship to a counter.",
    )


class NotForOneself(GusuError):
    """The item is for wards only."""

    status, code = 422, "not_for_oneself"
    says = Text(
        "该事项由监护人为孩子申请，不能为本人申请。请选择为哪个孩子申请。",
        "A guardian applies for this, for a child; nobody does for themselves. Choose for which child.",
    )


class AlreadyUnderWay(GusuError):
    """The same item for the same person."""

    status, code = 409, "already_under_way"
    says = Text(
        "该事项已有办件 {number} 正在办理，办结后才能再次申请。",
        "An application for this is under way: {number}. Apply again when it is concluded.",
    )


class AlreadyHeld(GusuError):
    """What the item results in is held, and it is not yet the time to renew it."""

    status, code = 409, "already_held"
    says = Text(
        "该事项的证照已在有效期内，见“我的证照”；{since}可以申请换发。",
        "The licence this results in is held and valid, see 'My licences'. {since} it can be renewed.",
    )


class AcceptedByLaw(GusuError):
    """Nobody answered within five working days: it is too late to return or to decline it (行政许可法 art. 32)."""

    status, code = 409, "accepted_by_law"
    says = Text(
        "收件后五个工作日内未告知，已于{since}视为受理，不得再要求补正或不予受理。请受理后继续审查。",
        "Nobody answered in five working days: it counts as accepted since {since} and can be neither returned nor "
        "declined. Accept it and go on.",
    )


class NoLongerOffered(GusuError):
    """The item ended, or its form did, after the draft was begun."""

    status, code = 409, "no_longer_offered"
    says = Text(
        "该事项已停止受理。草稿保留至到期日，期间不能提交。",
        "This service has ended. The draft is kept until it expires and cannot be submitted.",
    )


class NothingMissing(GusuError):
    """A notice lists everything that is missing; an empty one says nothing."""

    status, code = 422, "nothing_missing"
    says = Text(
        "请列出需要补正的全部内容：只能一次性告知。", "List everything that is missing: it may be said only once."
    )


class ReasonMissing(GusuError):
    """Whoever refuses says why."""

    status, code = 422, "reason_missing"
    says = Text("请写明理由，申请人有权知道。", "Give the reason: the applicant has a right to know it.")


class WrongFile(GusuError):
    status, code = 422, "wrong_file"
    says = Text(
        "第{material}项材料：请上传不超过{most} MB 的 PDF、PNG 或 JPEG 文件，每项材料最多{files}个。",
        "Material {material}: a PDF, PNG or JPEG of at most {most} MB, {files} files a material.",
    )
