"""How an objection is refused."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class NotSaid(GusuError):
    """What is needed is missing, or longer than can be kept."""

    status, code = 422, "objection_not_said"
    says = Text(
        "“{field}”未填写或超过 {most} 字。请填写后重试。",
        "'{field}' is empty or longer than {most} characters. Fill it in and try again.",
    )


class SaysTheSame(GusuError):
    """What would be right is what stands."""

    status, code = 422, "objection_says_the_same"
    says = Text(
        "您填写的正确值与该来源现有的值相同。请填写应当更正为的值。",
        "What you say would be right is what this source already says. Write what it should be instead.",
    )


class NothingToObjectTo(GusuError):
    """The source says nothing of this element about this person."""

    status, code = 404, "nothing_to_object_to"
    says = Text(
        "来源“{source}”没有您的“{element}”。请从“我的数据”页面选择要提出异议的值。",
        "The source '{source}' says nothing of your '{element}'. Choose the value from the page of your data.",
    )


class AlreadyObjected(GusuError):
    """One open objection to an element at a time."""

    status, code = 409, "already_objected"
    says = Text(
        "您对该数据项已有一件正在处理的异议。请等待答复，或撤回后重新提出。",
        "You already have an open objection to this element. Wait for its answer, or withdraw it and file another.",
    )
