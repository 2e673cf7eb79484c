"""How input is refused: what, where, why, what to do; the data stay as they were."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class BadInput(GusuError):
    """A source that cannot be received; the batch is refused and nothing else changes."""

    status = 422


class SourceMissing(BadInput):
    code = "source_missing"
    says = Text(
        "找不到来源文件“{place}”。请确认文件已送达，再重新接收。",
        "The source file '{place}' is not there. Check that it was delivered, then receive it again.",
    )


class WrongEncoding(BadInput):
    code = "wrong_encoding"
    says = Text(
        "来源文件“{place}”第 {byte} 字节处不是 {encoding} 编码。请按约定编码重新导出。",
        "The source file '{place}' is not {encoding} at byte {byte}. Export it again in the agreed encoding.",
    )


class WrongColumns(BadInput):
    code = "wrong_columns"
    says = Text(
        "来源文件“{place}”的列与目录信息项不符：缺少 {missing}；多出 {extra}。请按目录条目调整列名。",
        "The columns of '{place}' are not the entry's items: missing {missing}; unexpected {extra}. "
        "Name them as the entry does.",
    )


class BrokenRows(BadInput):
    code = "broken_rows"
    says = Text(
        "来源文件“{place}”第 {line} 行列数不对（应为 {expected} 列），文件可能被截断。请重新导出。",
        "Line {line} of '{place}' has the wrong number of columns ({expected} expected); it may be cut short. "
        "Export it again.",
    )


class NothingInside(BadInput):
    code = "nothing_inside"
    says = Text("来源文件“{place}”没有任何记录。", "The source file '{place}' holds no record.")


class Unbalanced(BadInput):
    """Counts or digests differ between source and lake: an incident, never a shrug."""

    code = "unbalanced"
    says = Text(
        "批次 {batch} 来源与入湖的条数或摘要不一致（{source} ≠ {landed}），已作为事件登记，数据未入库。",
        "Batch {batch}: count or digest differ between source and lake ({source} ≠ {landed}). "
        "It is an incident; nothing was taken.",
    )
