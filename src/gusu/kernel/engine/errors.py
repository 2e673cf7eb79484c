"""How the engine fails: as an error here, never as the death of the worker."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class EngineDied(GusuError):
    """The child process ended without an answer: killed, or out of memory."""

    status, code = 503, "engine_died"
    says = Text(
        "计算进程异常终止（{how}），数据未改变，稍后自动重试。",
        "The engine process died ({how}). Nothing was changed; it is tried again by itself.",
    )


class EngineRefused(GusuError):
    """The engine could not run the program: unreadable input, or more memory needed than allowed."""

    status, code = 422, "engine_refused"
    says = Text(
        "计算未完成：{why}。数据未改变，请检查输入文件或内存设置。",
        "The program could not be run: {why}. Nothing was changed; check the input file or the memory limit.",
    )
