"""Social security's nightly file: GB18030, CRLF, a control file beside it."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gusu.demo.departments import defects
from gusu.demo.departments.defects import CODE
from gusu.demo.departments.systems import INSURED

HEADING = "个人编号,姓名,社会保障号码,性别,出生日期,参保状态,单位名称,手机号码,联系地址,更新日期"
ENCODING = "gb18030"
WHOLE, DELTA = "全量", "增量"
TEXT = "(FORMAT csv, HEADER false, DELIMITER ',', QUOTE '', ESCAPE '')"
EMPLOYED = "birth BETWEEN DATE '1965-01-01' AND DATE '2004-01-01'"  # SQL over a person
SUSPENDED = "r >> 50 & 15 = 3"  # SQL over the hash of a record
AT_A_TIME = 1 << 22  # bytes


@dataclass(frozen=True)
class Night:
    """One night's file, by its day. mode: WHOLE or DELTA."""

    day: date
    mode: str

    @property
    def name(self) -> str:
        return f"参保人员_{self.day:%Y%m%d}.csv"

    def write(self, plain: Path, folder: Path) -> int:
        """The file and its control file from UTF-8 lines without heading; answers the records."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target, digest, lines = folder / self.name, hashlib.sha256(), 0
        draft = target.with_suffix(".unfinished")
        with plain.open("rb") as source, draft.open("wb") as out:
            lined = (HEADING + "\n").encode()
            while lined:
                piece = lined.decode().replace("\n", "\r\n").encode(ENCODING)
                lines += lined.count(b"\n")
                digest.update(piece)
                out.write(piece)
                lined = source.read(AT_A_TIME) + source.readline()
        self._control(target, draft.stat().st_size, lines - 1, digest.hexdigest())
        draft.replace(target)  # last: who sees the file finds its control file
        return lines - 1

    def _control(self, file: Path, size: int, records: int, digest: str) -> None:
        said = {
            "文件名": file.name,
            "记录数": records,
            "字节数": size,
            "SHA256": digest,
            "方式": self.mode,
            "生成时间": f"{self.day} 01:30:00",
            "说明": "演示数据",
        }
        draft = file.with_suffix(".ctl.unfinished")
        draft.write_text("".join(f"{key}={value}\r\n" for key, value in said.items()), encoding=ENCODING, newline="")
        draft.replace(file.with_suffix(".ctl"))


def rows(records: str) -> str:
    """SQL of the file's rows from records of insured persons."""
    planted = INSURED.planted
    return f"""SELECT record_key, {defects.name(planted)}, {defects.number(planted)}, {defects.sex("男", "女")},
      {defects.birth()},
      CASE WHEN defect = {CODE["dead_and_alive"]} THEN '正常参保' WHEN died IS NOT NULL THEN '终止参保'
        WHEN birth < DATE '1965-01-01' THEN '离退休' WHEN {SUSPENDED} THEN '暂停参保' ELSE '正常参保' END,
      CASE WHEN {EMPLOYED} THEN employers(r >> 54) ELSE '' END,
      {defects.phone()}, {defects.address()}, updated::DATE::VARCHAR
    FROM ({records})"""
