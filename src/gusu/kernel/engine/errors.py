"""How the engine fails: as an error here, never as the death of the worker."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

REASONS = {
    "OutOfMemoryException": Text("内存不足", "not enough memory"),
    "ConversionException": Text("有值无法转换成所需类型", "a value has not the form it needs"),
    "InvalidInputException": Text("输入无法读取", "the input cannot be read"),
    "IOException": Text("文件无法读写", "a file cannot be read or written"),
}
OTHER = Text("程序有误", "the program is at fault")


class EngineDied(GusuError):
    """The child process ended without an answer: killed, or out of memory."""

    status, code = 503, "engine_died"
    says = Text(
        "计算进程异常终止（{how}），数据未改变，稍后自动重试。",
        "The engine process died ({how}). Nothing was changed; it is tried again by itself.",
    )


class EngineRefused(GusuError):
    """The engine could not run the program: unreadable input, more memory needed than allowed, or a faulty program.

    kind: the engine's name for it; statement: which of the program, from 1; line: of the file being read, where known.
    The engine's own words are kept only where they speak of the program (`about`): elsewhere they quote cells.
    """

    status, code = 422, "engine_refused"
    says = Text(
        "计算未完成：第 {statement} 步{why}（{kind}{line}）{about}。数据未改变，请检查输入文件或内存设置。",
        "The program could not be run: statement {statement}: {why} ({kind}{line}){about}. "
        "Nothing was changed; check the input file or the memory limit.",
    )

    def __init__(self, *, kind: str, statement: int, line: int | None = None, about: str = "") -> None:
        at = Text(f"，第 {line} 行", f", line {line}") if line else ""
        why = REASONS.get(kind, OTHER)
        super().__init__(kind=kind, statement=statement, line=at, why=why, about=f": {about}" if about else "")
        self.kind, self.line = kind, line

    @property
    def wants_memory(self) -> bool:
        return self.kind == "OutOfMemoryException"
