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


class ColumnsMissing(WrongColumns):
    """Where columns are found by name: those that the entry has and the source has not, or not where they were."""

    says = Text(
        "来源“{place}”缺少目录信息项对应的列：{missing}。列可能被改名、移动或删除，请按目录条目恢复。",
        "'{place}' has no column for these items, or not where they belong: {missing}. "
        "They may have been renamed, moved or removed; put them back as the entry has them.",
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


class WrongSettings(BadInput):
    """The exchange was declared for another connector, or for this one as it was before."""

    code = "wrong_settings"
    says = Text(
        "交换任务的设置不符合连接器要求。请核对内容包 exchanges.yaml 后执行 ./gusu packs apply。",
        "The exchange's settings are not what its connector wants. "
        "Correct exchanges.yaml in the pack and run ./gusu packs apply.",
    )


class WholeMissing(BadInput):
    """Changes can only follow a delivery that holds everything."""

    code = "whole_missing"
    says = Text(
        "“{place}”中只有增量文件，尚未送达过全量文件。请先送达一份全量文件。",
        "'{place}' holds changes only, and everything was never delivered. Deliver a file with everything first.",
    )


class ControlMissing(BadInput):
    code = "control_missing"
    says = Text(
        "来源文件“{place}”没有控制文件“{control}”，可能尚未送达完毕。请补送控制文件后重新接收。",
        "The source file '{place}' has no control file '{control}': its delivery may not be complete. "
        "Deliver the control file, then receive again.",
    )


class WrongControl(BadInput):
    """What the source says of itself and what it holds differ; the numbers are counts, sizes and digests."""

    code = "wrong_control"
    says = Text(
        "“{place}”的控制信息与内容不符：{item}应为 {told}，实际为 {found}。文件可能不完整，请重新送达。",
        "'{place}' is not what its control says: {item} should be {told}, and is {found}. "
        "It may be cut short; deliver it again.",
    )


class UnusualVolume(BadInput):
    """Far more rows than usual, or far fewer: a wrong export is likelier than such a day."""

    code = "unusual_volume"
    says = Text(
        "“{place}”有 {rows} 条记录，平时约 {usual} 条。请与来源部门核实；确认无误后以“接受异常数量”重新接收。",
        "'{place}' holds {rows} rows where {usual} are usual. Ask the department; if it is right, receive it again "
        "accepting the unusual volume.",
    )


class SheetMissing(BadInput):
    code = "sheet_missing"
    says = Text(
        "工作簿“{place}”中没有名为“{sheet}”的工作表。请按约定的表名重新送达。",
        "The workbook '{place}' has no sheet '{sheet}'. Deliver it again with the agreed sheet names.",
    )


class NotAWorkbook(BadInput):
    code = "not_a_workbook"
    says = Text(
        "“{place}”不是可读取的 XLSX 工作簿，文件可能被截断。请重新导出。",
        "'{place}' cannot be read as an XLSX workbook; it may be cut short. Export it again.",
    )


class TooLarge(BadInput):
    code = "too_large"
    says = Text(
        "“{place}”超过 {longest} 字节的上限。请拆分后重新送达。",
        "'{place}' is larger than {longest} bytes. Deliver it in parts.",
    )


class Unreachable(BadInput):
    """Where, never with which account: the message reaches logs."""

    code = "unreachable"
    says = Text(
        "连接“{connection}”（{where}）无法访问：{why}。请检查网络、对方服务和连接信息，稍后重新接收。",
        "The connection '{connection}' ({where}) cannot be reached: {why}. "
        "Check the network, the service there and the connection, then receive again.",
    )


class NotLetIn(BadInput):
    code = "not_let_in"
    says = Text(
        "连接“{connection}”（{where}）不接受我们的凭据（{why}），请用 ./gusu exchange connect {connection} 更新。",
        "The connection '{connection}' ({where}) does not accept our credentials ({why}). "
        "Renew them with ./gusu exchange connect {connection}.",
    )


class TableMissing(BadInput):
    code = "table_missing"
    says = Text(
        "来源“{place}”不存在或未授权读取。请来源部门核对表名并授予只读权限。",
        "The source '{place}' does not exist or may not be read. Ask the department for its name and a right to read.",
    )


class SourceFailed(BadInput):
    """The source's database gave up; its own words may quote a row and are not repeated."""

    code = "source_failed"
    says = Text(
        "来源“{place}”读取中断（{why}）。请稍后重新接收；如反复出现，请来源部门检查。",
        "Reading '{place}' broke off ({why}). Receive it again later; if it happens again, ask the department.",
    )


class WrongAnswer(BadInput):
    """An interface that answers, but not what was agreed."""

    code = "wrong_answer"
    says = Text(
        "“{place}”第 {page} 页的答复有误：{why}。请接口提供部门检查后重新接收。",
        "Page {page} of '{place}' is wrong: {why}. Ask the department that runs it, then receive again.",
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
        "批次 {batch} 第 {chunk} 段来源与入湖的条数或摘要不一致（{source} ≠ {landed}），已作为事件登记，数据未入库。",
        "Batch {batch}, chunk {chunk}: count or digest differ between source and lake ({source} ≠ {landed}). "
        "It is an incident; nothing was taken.",
    )


class OutcomeIncomplete(GusuError):
    """A value that the department's table wants was not given; an empty one may be."""

    status, code = 422, "outcome_incomplete"
    says = Text(
        "回流任务“{road}”缺少值：{missing}。请核对内容包 returns.yaml 与事项表单、证照的数据元后重新办理。",
        "The return '{road}' was not given: {missing}. Make returns.yaml of the pack and the elements of form and "
        "licence agree, then do it again.",
    )


class TargetMissing(BadInput):
    code = "target_missing"
    says = Text(
        "回流目标“{place}”不存在或未授权写入。请接收部门核对表名并授予查询、新增、修改权限；结果保留，稍后自动重试。",
        "'{place}' does not exist or may not be written. Ask the department for its name and for SELECT, INSERT and "
        "UPDATE; the outcomes wait and are tried again.",
    )


class TargetColumnsMissing(BadInput):
    code = "target_columns_missing"
    says = Text(
        "回流目标“{place}”缺少列：{missing}。请接收部门恢复，或按新表调整 returns.yaml；结果保留，稍后自动重试。",
        "'{place}' has no column {missing}. Ask the department to put it back, or follow its new table in "
        "returns.yaml; the outcomes wait and are tried again.",
    )


class TargetKeyless(BadInput):
    code = "target_keyless"
    says = Text(
        "回流目标“{place}”的列“{key}”没有主键或唯一约束，无法保证不重复。请接收部门添加；结果保留，稍后自动重试。",
        "Column '{key}' of '{place}' is neither its primary key nor unique, so nothing keeps a row from standing "
        "twice. Ask the department to make it so; the outcomes wait and are tried again.",
    )


class TargetFailed(BadInput):
    """The department's database gave up; its own words may quote a row and are not repeated."""

    code = "target_failed"
    says = Text(
        "回流目标“{place}”写入中断（{why}）。结果保留，稍后自动重试；如反复出现，请接收部门检查。",
        "Writing to '{place}' broke off ({why}). The outcomes wait and are tried again; if it happens again, ask the "
        "department.",
    )
