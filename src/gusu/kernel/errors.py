"""One root for every refusal the house makes, so that page, API and command line answer it alike."""

from typing import ClassVar

from django.db import models

from gusu.kernel.text import Text


class GusuError(Exception):
    """What was refused, why, and what to do next, in two languages.

    A subclass per refusal sets `status` (HTTP), `code` (stable, for programs) and `says`, whose `{names}` the raiser
    fills. The values filled in are positions, codes and element names, never personal values: they reach logs.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    says: ClassVar[Text] = Text("请求未被接受。", "The request was refused.")

    def __init__(self, **values: object) -> None:
        self.values = values
        self.about: object = None  # whom the line is about, where that is not the verb's own subject
        self.purpose = ""  # for which they were looked at
        self.refused_by = ""  # the verb that refused; an action around it leaves the line and names it there
        self.said = self.says.filled(**values)
        super().__init__(self.said.both)

    def __str__(self) -> str:
        return str(self.said)


class NotAllowed(GusuError):
    """The actor's roles do not reach this verb on this subject."""

    status, code = 403, "not_allowed"
    says = Text(
        "您没有办理“{verb}”的权限。如确需办理，请联系本部门管理员授权。",
        "You may not do '{verb}'. If your work needs it, ask your department's administrator for the role.",
    )


class NotFound(GusuError):
    """Nothing of this kind has this key, or the actor may not know of it."""

    status, code = 404, "not_found"
    says = Text("没有找到{kind}“{key}”。请核对后重试。", "No {kind} '{key}' was found. Check it and try again.")


class IllegalMove(GusuError):
    """A state cannot follow the present one (see the noun's transition table). state, to: codes, for programs."""

    status, code = 409, "illegal_move"
    says = Text(
        "{noun}的当前状态不能进行此操作，可能已被他人办理。请刷新页面查看最新状态。",
        "The state of this {noun} does not allow it; somebody may have been faster. Reload to see its present state.",
    )


def noun(thing: models.Model) -> Text | str:
    """What a thing is called in a refusal: its model's NOUN, where it has one."""
    return getattr(thing, "NOUN", None) or str(thing._meta.verbose_name)


class Busy(GusuError):
    """Another worker is at this very step; its job is tried again."""

    status, code = 409, "busy"
    says = Text("“{what}”正在处理中，请稍候。", "'{what}' is being worked on; try again in a moment.")
