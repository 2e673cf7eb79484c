"""What quality refuses."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class FindingsGone(GusuError):
    """The batch was never checked, or its files have been removed when their time was over."""

    status, code = 404, "findings_gone"
    says = Text(
        "批次“{batch}”没有可退回的问题清单：尚未检查，或保存期限已过、文件已清除。请在最新批次中查看。",
        "There is no list to send back for the batch '{batch}': it is not checked yet, or its files have been removed "
        "when their time was over. Look at the newest batch.",
    )
