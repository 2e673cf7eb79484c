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


class NulByte(BadInput):
    code = "nul_byte"
    says = Text(
        "来源文件“{place}”第 {byte} 字节处是空字符，不是文本文件。请以文本格式重新导出。",
        "The source file '{place}' has a NUL at byte {byte}: it is not a text file. Export it again as text.",
    )


class WrongColumns(BadInput):
    """Says what the entry wants, never what the file has: without a heading that would be somebody's record."""

    code = "wrong_columns"
    says = Text(
        "来源文件“{place}”的列与目录信息项不符：第 {at} 列应为“{wanted}”，缺少 {missing}；"
        "共 {count} 列，应为 {number} 列。请按目录条目调整列名和顺序。",
        "The columns of '{place}' are not the entry's items: column {at} should be '{wanted}', missing: {missing}; "
        "{count} columns, {number} expected. Name and order them as the entry does.",
    )


class BrokenRows(BadInput):
    code = "broken_rows"
    says = Text(
        "来源文件“{place}”第 {line} 行起的记录有 {count} 列（应为 {expected} 列），文件可能被截断。请重新导出。",
        "The record on line {line} of '{place}' has {count} columns ({expected} expected); the file may be cut short. "
        "Export it again.",
    )


class BlankLine(BadInput):
    code = "blank_line"
    says = Text(
        "来源文件“{place}”第 {line} 行是空行，其后仍有记录。请删除空行后重新送达。",
        "Line {line} of '{place}' is blank and records follow. Remove it and deliver the file again.",
    )


class BrokenQuotes(BadInput):
    code = "broken_quotes"
    says = Text(
        "来源文件“{place}”第 {line} 行起的记录引号不配对，文件可能被截断。请重新导出。",
        "The quotes of the record on line {line} of '{place}' do not pair; the file may be cut short. Export it again.",
    )


class LineTooLong(BadInput):
    code = "line_too_long"
    says = Text(
        "来源文件“{place}”第 {line} 行起的记录超过 {longest} 字节。请检查该行引号，或拆分过长的内容后重新送达。",
        "The record on line {line} of '{place}' is longer than {longest} bytes. "
        "Check its quotes or shorten it, then deliver the file again.",
    )


class MixedLineEnds(BadInput):
    code = "mixed_line_ends"
    says = Text(
        "来源文件“{place}”的换行符不一致。请统一为 CRLF 或 LF 后重新送达。",
        "The lines of '{place}' end in different ways. Save it with CRLF or LF throughout and deliver it again.",
    )


class Unreadable(BadInput):
    code = "unreadable"
    says = Text(
        "来源文件“{place}”无法读取（{kind}，第 {line} 行）。请检查该处后重新导出。",
        "The source file '{place}' cannot be read ({kind}, line {line}). Check that place and export it again.",
    )


class NothingInside(BadInput):
    code = "nothing_inside"
    says = Text(
        "来源文件“{place}”没有任何记录。请核对导出范围后重新送达。",
        "The source file '{place}' holds no record. Check what was exported and deliver it again.",
    )


class Unbalanced(BadInput):
    """Counts or digests differ between source and lake: an incident, never a shrug."""

    code = "unbalanced"
    says = Text(
        "批次 {batch} 来源与入湖的条数或摘要不一致（{source} ≠ {landed}），已作为事件登记，数据未入库。",
        "Batch {batch}: count or digest differ between source and lake ({source} ≠ {landed}). "
        "It is an incident; nothing was taken.",
    )
