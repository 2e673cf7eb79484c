"""A bad delivery is refused and leaves the golden records, the catalogue's figures and the lake as they were.

What each connector finds amiss is told in tests/resources/exchange; here a city stands, with four departments' data in
it, one of them delivers something bad, and then puts it right.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo
from tests.departments import departments
from tests.people_road import BY, PACK, REGISTER, hand_in, told, travel

from gusu.demo.departments.build import departments_folder, next_day
from gusu.kernel.lake import files
from gusu.kernel.lake.models import LakeFile
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.connections import connection, keep
from gusu.resources.exchange.models import BatchState, Exchange
from gusu.resources.exchange.queries import cursor_of, standing
from gusu.resources.quality.queries import measured
from gusu.resources.subjects.queries import newest_edition
from gusu.site.wiring import PACK_ROOMS

PEOPLE, CHANGES, DAYS = 1_200, 150, 5  # more days than any exchange has cases
ENCODING = "gb18030"
MILLION = 20_001  # where a few dozen were usual: the guard looks from a thousand rows on, and lets twenty times pass


@dataclass(frozen=True)
class Bad:
    """A delivery gone wrong. code: of the refusal; zh, en: what, where and what to do, in its words, by patterns."""

    exchange: str
    spoil: Callable[[], AbstractContextManager[None]]
    code: str
    zh: str
    en: str
    whole: bool = False


def next_in_line(exchange: str, department: str, pattern: str) -> Path:
    """The department's oldest file that has not been taken."""
    taken = json.loads(cursor_of(Exchange.objects.get(code=exchange)))["file"]
    return min(file for file in (departments_folder() / department).glob(pattern) if file.name > taken)


@contextmanager
def as_before(*places: Path) -> Iterator[None]:
    """Whatever happens to these files in the block: afterwards the department has put them right."""
    kept = {place: place.read_bytes() for place in places}
    yield
    for place, content in kept.items():
        place.write_bytes(content)


@contextmanager
def night(change: Callable[[bytes], bytes], *, telling: Sequence[str] = (), **told: str) -> Iterator[None]:
    """Social security's next file, changed. telling: what its control file says of the bytes as they are now."""
    file = next_in_line("insured_persons", "human_resources", "*.csv")
    control = file.with_suffix(".ctl")
    with as_before(file, control):
        content = change(file.read_bytes())
        file.write_bytes(content)
        true = {"字节数": str(len(content)), "SHA256": hashlib.sha256(content).hexdigest()}
        says = {key: true[key] for key in telling} | told
        text = control.read_bytes().decode(ENCODING)
        for key, value in says.items():
            text = re.sub(rf"{key}=.*", f"{key}={value}\r", text)
        control.write_bytes(text.encode(ENCODING))
        yield


def a_file_cut_short_on_its_way() -> AbstractContextManager[None]:
    return night(lambda content: content[:-40])


def a_file_cut_short_where_it_was_made() -> AbstractContextManager[None]:
    return night(lambda content: content[: content.rfind(b",")], telling=["字节数", "SHA256"])


def a_control_file_that_counts_wrong() -> AbstractContextManager[None]:
    return night(lambda content: content, 记录数="7")


def a_file_in_another_encoding() -> AbstractContextManager[None]:
    return night(lambda content: content.decode(ENCODING).encode(), telling=["字节数", "SHA256"])


def a_million_rows_where_few_were_usual() -> AbstractContextManager[None]:
    def swollen(content: bytes) -> bytes:
        heading, first, *_ = content.split(b"\r\n")
        cells = first.split(b",", 1)[1]
        return b"\r\n".join([heading, *(b"%d,%s" % (9_500_000_000 + nth, cells) for nth in range(MILLION)), b""])

    return night(swollen, telling=["字节数", "SHA256"], 记录数=str(MILLION))


@contextmanager
def workbook(change: Callable[[str], str]) -> Iterator[None]:
    """Civil affairs' next workbook with the sheet of deaths changed."""
    place, sheet = next_in_line("deaths", "civil_affairs", "*.xlsx"), "xl/worksheets/sheet2.xml"
    with as_before(place):
        with zipfile.ZipFile(place) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        changed = change(parts[sheet].decode())
        assert changed != parts[sheet].decode()
        with zipfile.ZipFile(place, "w") as packed:
            for name, content in (parts | {sheet: changed.encode()}).items():
                packed.writestr(name, content)
        yield


def a_workbook_with_a_column_moved() -> AbstractContextManager[None]:
    """Two columns have changed places, from their headings down."""
    pair = r'<c r="B(\d+)"((?:(?!</c>).)*)</c><c r="C\1"((?:(?!</c>).)*)</c>'
    return workbook(lambda text: re.sub(pair, r'<c r="B\1"\3</c><c r="C\1"\2</c>', text))


def a_workbook_with_a_column_renamed() -> AbstractContextManager[None]:
    return workbook(lambda text: text.replace("<t>死亡原因</t>", "<t>死因</t>"))


@contextmanager
def a_database_nobody_reaches() -> Iterator[None]:
    words = connection("police")
    keep("police", {"dsn": make_conninfo(words["dsn"], port=1)})
    yield
    keep("police", words)


@contextmanager
def pages_that_lie_about_their_total() -> Iterator[None]:
    place = departments_folder() / "health" / "pages" / "000001.json"
    with as_before(place):
        place.write_bytes(
            re.sub(rb'"total":(\d+)', lambda said: b'"total":%d' % (int(said[1]) + 3), place.read_bytes())
        )
        yield


CASES = {
    "cut short on its way": Bad(
        "insured_persons",
        a_file_cut_short_on_its_way,
        "wrong_control",
        r"参保人员_\d+\.csv.*字节数应为 \d+，实际为 \d+.*请重新送达",
        r"参保人员_\d+\.csv.*字节数 should be \d+, and is \d+.*deliver it again",
    ),
    "cut short where it was made": Bad(
        "insured_persons",
        a_file_cut_short_where_it_was_made,
        "broken_rows",
        r"参保人员_\d+\.csv.*第 \d+ 行起的记录有 \d+ 列（应为 10 列）.*请重新导出",
        r"line \d+ of '参保人员_\d+\.csv' has \d+ columns \(10 expected\).*Export it again",
    ),
    "a wrong count": Bad(
        "insured_persons",
        a_control_file_that_counts_wrong,
        "wrong_control",
        r"参保人员_\d+\.csv.*记录数应为 7，实际为 \d+.*请重新送达",
        r"参保人员_\d+\.csv.*记录数 should be 7, and is \d+.*deliver it again",
    ),
    "another encoding": Bad(
        "insured_persons",
        a_file_in_another_encoding,
        "wrong_encoding",
        r"参保人员_\d+\.csv”第 \d+ 字节处不是 GB18030 编码。请按约定编码重新导出",
        r"参保人员_\d+\.csv' is not GB18030 at byte \d+\. Export it again",
    ),
    "a million rows": Bad(
        "insured_persons",
        a_million_rows_where_few_were_usual,
        "unusual_volume",
        rf"参保人员_\d+\.csv”有 {MILLION} 条记录，平时约 \d+ 条。请与来源部门核实",
        rf"参保人员_\d+\.csv' holds {MILLION} rows where \d+ are usual\. Ask the department",
    ),
    "a column moved": Bad(
        "deaths",
        a_workbook_with_a_column_moved,
        "wrong_columns",
        r"民政月报_\d+\.xlsx.*姓名.*请按目录条目恢复",
        r"民政月报_\d+\.xlsx.*姓名.*put them back as the entry has them",
    ),
    "a column renamed": Bad(
        "deaths",
        a_workbook_with_a_column_renamed,
        "wrong_columns",
        r"民政月报_\d+\.xlsx.*死亡原因.*请按目录条目恢复",
        r"民政月报_\d+\.xlsx.*死亡原因.*put them back as the entry has them",
    ),
    "nobody answers": Bad(
        "police_residents",
        a_database_nobody_reaches,
        "unreachable",
        r"连接“police”（.*:1/.*）无法访问.*请检查网络、对方服务和连接信息，稍后重新接收",
        r"connection 'police' \(.*:1/.*\) cannot be reached.*Check the network.*then receive again",
    ),
    "a total that is not true": Bad(
        "health_records",
        pages_that_lie_about_their_total,
        "wrong_answer",
        r"/api/records”第 1 页的答复有误：应有 \d+ 条记录，实有 \d+ 条。请接口提供部门检查后重新接收",
        r"Page 1 of '/api/records' is wrong: it should hold \d+ records and holds \d+\. Ask the department",
        whole=True,
    ),
}


def as_it_stands() -> dict[str, Any]:
    """Editions, golden records and dossiers; receipts, but of what was refused; figures; the lake, rows and files."""
    exchanges = Exchange.objects.filter(pack=PACK)
    found = told()
    found["batches"] = {name: receipt for name, receipt in found["batches"].items() if receipt[0] != BatchState.REFUSED}
    files.sweep(older_than=timedelta(0))
    return found | {
        "figures": repr(measured([exchange.resource for exchange in exchanges])),
        "standing": {exchange.code: [str(it) for it in standing(exchange.resource)] for exchange in exchanges},
        "cursors": {exchange.code: cursor_of(exchange) for exchange in exchanges},
        "rows of the lake": list(LakeFile.objects.order_by("path").values_list("path", "rows", "sha256")),
        "files of the lake": sorted(str(file) for file in Path(settings.LAKE).rglob("*.parquet")),
    }


@pytest.fixture
def city(committed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """With a lake of its own: it is swept, and other tests' cities have files in theirs."""
    monkeypatch.setattr(settings, "LAKE", str(tmp_path / "lake"))
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE):
        travel(hand_in("first"))
        for _ in range(DAYS):
            next_day(CHANGES)
        yield


@pytest.mark.usefixtures("city")
def test_a_bad_delivery_leaves_everything_as_it_was_and_the_next_sound_one_goes_through(
    subtests: pytest.Subtests,
) -> None:
    for name, bad in CASES.items():
        with subtests.test(name):
            exchange = Exchange.objects.get(code=bad.exchange)
            before = as_it_stands()
            edition = newest_edition(REGISTER)
            assert edition is not None

            with bad.spoil():
                refused = open_batch(exchange, by=BY, whole=bad.whole)
                travel([refused.pk])

            refused.refresh_from_db()
            assert (refused.state, refused.refused_code) == (BatchState.REFUSED, bad.code)
            assert re.search(bad.zh, refused.refused_zh), refused.refused_zh
            assert re.search(bad.en, refused.refused_en), refused.refused_en
            assert as_it_stands() == before

            sound = open_batch(exchange, by=BY)
            travel([sound.pk])
            sound.refresh_from_db()
            assert (sound.state, sound.refused_code) == (BatchState.MERGED, "")
            after = newest_edition(REGISTER)
            assert after is not None
            assert (after.number, after.digest != edition.digest) == (edition.number + 1, True)
