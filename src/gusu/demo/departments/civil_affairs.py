"""Civil affairs' monthly workbook: three sheets, a title, a heading of two rows merged over each other, footnotes."""

import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gusu.demo.departments import defects
from gusu.demo.departments.systems import DEATHS, ELDERLY, MARRIAGES, Resource

TEXT = "(FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')"
TITLES = {ELDERLY.name: "高龄老人", DEATHS.name: "死亡登记", MARRIAGES.name: "婚姻登记"}
# what stands over what: (over, column), "" where a column stands alone through both rows
HEADINGS = {
    ELDERLY.name: [
        ("序号", ""),
        ("申请人", "姓名"),
        ("申请人", "公民身份号码"),
        ("申请人", "出生日期"),
        ("联系方式", "联系电话"),
        ("联系方式", "居住地址"),
        ("津贴", "津贴类别"),
        ("津贴", "登记日期"),
    ],
    DEATHS.name: [
        ("序号", ""),
        ("死者", "姓名"),
        ("死者", "公民身份号码"),
        ("死亡情况", "死亡日期"),
        ("死亡情况", "死亡原因"),
        ("登记日期", ""),
    ],
    MARRIAGES.name: [
        ("序号", ""),
        ("男方", "男方姓名"),
        ("男方", "男方公民身份号码"),
        ("女方", "女方姓名"),
        ("女方", "女方公民身份号码"),
        ("登记", "登记类别"),
        ("登记", "登记日期"),
    ],
}
FOOTNOTES = ("注：本表为演示数据，人员均属虚构。", "注：数据截至统计月份末，由各县级市（区）民政部门汇总。")


def workbook(folder: Path, month: date) -> Path:
    """The month's workbook."""
    return folder / f"民政月报_{month:%Y%m}.xlsx"


def rows(resource: Resource, records: str, partners: str) -> str:
    """SQL of a sheet's rows as XML, one a line; partners: the relation with the people."""
    if resource is MARRIAGES:
        cells = _marriage_cells()
        records = f"""SELECT m.*, w.name AS her_name, w.number AS her_number FROM ({records}) m
          LEFT JOIN (SELECT person, name, number FROM {partners} WHERE event AND sex = 2) w
          ON w.person = m.person + m.partner"""
    else:
        cells = _elderly_cells() if resource is ELDERLY else _death_cells()
    said = " || ".join(f"""'<c r="{"ABCDEFGH"[at]}' || row {cell}""" for at, cell in enumerate(cells))
    return f"""SELECT '<row r="' || row || '">' || {said} || '</row>'
      FROM (SELECT *, row_number() OVER () + {resource.first - 1} AS row FROM ({records}))"""


def write(sheets: Mapping[str, Path], counts: Mapping[str, int], month: date, folder: Path) -> Path:
    """The workbook from the text of its sheets' rows (ECMA-376)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = workbook(folder, month)
    draft = target.with_suffix(".unfinished")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name, text in _frame().items():
            _add(out, name, text.encode())
        for at, (resource, lines) in enumerate(sheets.items(), 1):
            head, foot = _around(resource, counts[resource], month)
            with out.open(_entry(f"xl/worksheets/sheet{at}.xml"), "w", force_zip64=True) as sheet:
                sheet.write(head.encode())
                with lines.open("rb") as source:
                    while data := source.read(1 << 20):
                        sheet.write(data)
                sheet.write(foot.encode())
    draft.replace(target)
    return target


def _elderly_cells() -> list[str]:
    age = "date_diff('year', birth, DATE '2026-10-31')"
    planted = ELDERLY.planted
    return [
        _count(),
        _text(defects.name(planted)),
        _text(defects.number(planted)),
        _date("birth", odd=True, wrong=True),
        _text(defects.phone()),
        _text(defects.address()),
        _text(f"CASE WHEN {age} < 90 THEN '80-89周岁' WHEN {age} < 100 THEN '90-99周岁' ELSE '100周岁及以上' END"),
        _date(_registered(), odd=False),
    ]


def _death_cells() -> list[str]:
    planted = DEATHS.planted
    return [
        _count(),
        _text(defects.name(planted)),
        _text(defects.number(planted)),
        _date("died", odd=True),
        _text("causes(r >> 50)"),
        _date("(died + 1 + (r >> 44)::INTEGER % 6)", odd=False),
    ]


def _marriage_cells() -> list[str]:
    planted = MARRIAGES.planted
    return [
        _count(),
        _text(defects.name(planted)),
        _text(defects.number(planted)),
        _text("coalesce(her_name, '')"),
        _text("coalesce(her_number, '')"),
        _text("CASE WHEN marital = '40' THEN '离婚' ELSE '结婚' END"),
        _date(_registered(), odd=True),
    ]


def _registered() -> str:
    return "(DATE '2026-10-01' + (r >> 44)::INTEGER % 31)"


def _count() -> str:
    return f"""|| '"><v>' || (row - {ELDERLY.first - 1}) || '</v></c>'"""


def _text(said: str) -> str:
    return f"""|| '" t="inlineStr"><is><t xml:space="preserve">' || ({said}) || '</t></is></c>'"""


def _date(day: str, *, odd: bool, wrong: bool = False) -> str:
    """Half the clerks type dates as dates, half as text; the odd ones always as text."""
    as_text = """'" t="inlineStr"><is><t>' || ({0}) || '</t></is></c>'"""
    as_date = """'" s="1"><v>' || date_diff('day', DATE '1899-12-30', {0}) || '</v></c>'"""
    shown = f"CASE WHEN defect = {defects.CODE['wrong_birth']} THEN birth + 1 + variant % 27 ELSE birth END"
    usual = f"({shown})" if wrong else day
    cases = f"WHEN (r >> 36) % 2 = 0 THEN {as_date.format(usual)} ELSE {as_text.format(usual + '::VARCHAR')}"
    if odd:
        first = f"WHEN defect = {defects.CODE['date_form']} THEN {as_text.format(f'odd_date({day}, variant)')} "
        cases = first + cases
    return f"|| CASE {cases} END"


def _around(resource: str, count: int, month: date) -> tuple[str, str]:
    """What stands before and after a sheet's rows."""
    heading = HEADINGS[resource]
    last = "ABCDEFGH"[len(heading) - 1]
    merges = [f"A1:{last}1", *_merges(heading)]
    top = [
        _row(1, [f"苏州市民政月报·{TITLES[resource]}（演示数据）"]),
        _row(2, ["填表单位：苏州市民政局", "", f"统计月份：{month:%Y年%m月}", "", f"合计：{count}"]),
        _row(3, [over if at == 0 or heading[at - 1][0] != over else "" for at, (over, _) in enumerate(heading)]),
        _row(4, [column for _, column in heading]),
    ]
    notes = [_row(5 + count + at, [note]) for at, note in enumerate(FOOTNOTES)]
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    head = f"{_XML}<worksheet {space}><sheetData>{''.join(top)}\n"
    cells = "".join(f'<mergeCell ref="{ref}"/>' for ref in merges)
    foot = f'{"".join(notes)}</sheetData><mergeCells count="{len(merges)}">{cells}</mergeCells></worksheet>'
    return head, foot


def _merges(heading: list[tuple[str, str]]) -> list[str]:
    found = []
    for at, (over, column) in enumerate(heading):
        width = sum(other == over for other, _ in heading)
        if not column:
            found.append(f"{'ABCDEFGH'[at]}3:{'ABCDEFGH'[at]}4")
        elif width > 1 and (at == 0 or heading[at - 1][0] != over):
            found.append(f"{'ABCDEFGH'[at]}3:{'ABCDEFGH'[at + width - 1]}3")
    return found


def _row(number: int, texts: list[str]) -> str:
    cells = "".join(
        f'<c r="{"ABCDEFGH"[at]}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(texts)
        if text
    )
    return f'<row r="{number}">{cells}</row>'


def _entry(name: str) -> zipfile.ZipInfo:
    """A part of the workbook without the time of its making: the same people give the same bytes."""
    entry = zipfile.ZipInfo(name, (2026, 11, 1, 9, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 1  # type: ignore[attr-defined]
    return entry


def _add(out: zipfile.ZipFile, name: str, data: bytes) -> None:
    with out.open(_entry(name), "w") as part:
        part.write(data)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _frame() -> dict[str, str]:
    """The parts of the workbook that are the same every month."""
    sheets = list(enumerate(TITLES.values(), 1))
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for at, _ in sheets
    )
    listed = "".join(f'<sheet name="{title}" sheetId="{at}" r:id="rId{at}"/>' for at, title in sheets)
    related = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>' for at, _ in sheets
    )
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{parts}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId9" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/>'
        '</font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1">'
        '<border/></borders><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="2"><xf '
        'numFmtId="0" xfId="0"/><xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
