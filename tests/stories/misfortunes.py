"""What can go wrong with people's data, inside a running city: odd values that are let in, deliveries that are not.

Every value here is invented, and odd enough to stand nowhere else.
"""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from psycopg.conninfo import make_conninfo

from gusu.demo.departments import police
from gusu.demo.departments.build import departments_folder
from gusu.demo.departments.folder import truth
from gusu.demo.departments.human_resources import DELTA, ENCODING, HEADING, Night
from gusu.kernel.actor import house
from gusu.kernel.engine import duck
from gusu.kernel.packs import Label
from gusu.resources.catalogue.queries import entry_of
from gusu.resources.exchange.actions import drop, open_batch
from gusu.resources.exchange.connections import connection, keep
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.exchange.queries import exchange_of, files_of
from gusu.resources.quality.kinds import Format
from gusu.resources.quality.pack import RulePiece, Rules

BY = house("test")
NUMBER, NAME, PHONE = "32050319991332007X", "怪名・𠮷叁怪", "139123456789012345678"
ADDRESS, BORN, KEY = "怪异巷九百九十九号之七", "1999年13月45日", "GR-怪-0000007"
ODD = [NUMBER, NAME, PHONE, ADDRESS, BORN, KEY]
RECORD = f"{KEY},{NAME},{NUMBER},男,{BORN},正常参保,,{PHONE},{ADDRESS},2026-11-01"
PERSONAL, NAMES = 3, {"person.name", "person.former_name"}  # from which grade a value is sealed; what is not, but named
SHORTEST = 8  # characters of a value that can be nobody else's
DATES = re.compile(r"[0-9０-９]{2,4}[-/.年]?[0-9０-９]{1,2}[-/.月]?[0-9０-９]{1,2}日?")

REFUSED = {
    "no heading": f"{RECORD}\r\n{RECORD}\r\n".encode(ENCODING),
    "short": f"{HEADING}\r\n{RECORD}\r\n{RECORD[:-30]}".encode(ENCODING),
    "long": f"{HEADING}\r\n{RECORD},{RECORD}\r\n".encode(ENCODING),
    "open quote": f'{HEADING}\r\n"{RECORD}\r\n{RECORD}\r\n'.encode(ENCODING),
    "another encoding": f"{HEADING}\r\n{RECORD}\r\n".encode(),
    "NUL": f"{HEADING}\r\n{RECORD}\0\r\n".encode(ENCODING),
    "blank line": f"{HEADING}\r\n{RECORD}\r\n\r\n{RECORD}\r\n".encode(ENCODING),
    "far too few": f"{HEADING}\r\n{RECORD}\r\n".encode(ENCODING),
}
ODD_ROWS = """
UPDATE huji.rk SET "GMSFHM" = %s, "XM" = %s, "CSRQ" = %s, "ZZ" = %s, "GXSJ" = "GXSJ" + interval '9 days'
WHERE "RYBH" IN (SELECT "RYBH" FROM huji.rk ORDER BY "GXSJ" DESC LIMIT 3)
"""


def plant() -> list[str]:
    """Odd values come with sound deliveries; answers them."""
    with police.opened() as database:
        database.execute(ODD_ROWS, [NUMBER, NAME, BORN, ADDRESS])
    _night(date(2030, 1, 1))
    _open("police_residents")
    _open("insured_persons")
    return ODD


def misdeliver() -> None:
    """Everything that is refused, with the same values in it, and real ones."""
    for name, content in REFUSED.items():
        _open("insured_persons", source=drop(f"{name}.csv", [content]))
    _open("elderly", source=drop("月报.xlsx", [f"{HEADING}\n{RECORD}".encode()]))
    page = _page()
    shutil.copy(page, _aside())
    page.write_bytes(page.read_bytes()[:-200])
    _open("health_records", whole=True)
    keep("police", connection("police") | {"dsn": make_conninfo(connection("police")["dsn"], port=1)})
    _open("police_residents")


def mend() -> None:
    """The health department and the police are as they were."""
    shutil.move(_aside(), _page())
    keep("police", connection("police") | {"dsn": make_conninfo(connection("police")["dsn"], port=5432)})


def break_a_rule() -> int:
    """A rule that cannot be run meets a batch with odd values; answers the batch's number in the table."""
    title = Label("无法执行的规则", "A rule that cannot be run")
    broken = RulePiece("insured_persons.x", "insured_persons", "accurate", "notice", "姓名", title, Format("姓名", "("))
    Rules().apply([broken], by=BY)
    _night(date(2030, 1, 2))
    return _open("insured_persons").pk


def sealed_values() -> list[str]:
    """Every value of grade 3 and 4 that departments have delivered, as they wrote it, but dates and very short ones."""
    found = _values(lambda item: item["grade"] >= PERSONAL)
    return sorted(value for value in found if len(value) >= SHORTEST and not DATES.fullmatch(value.strip()))


def names() -> list[str]:
    """Every full name of three characters or more."""
    return sorted(value for value in _values(lambda item: item["element"] in NAMES) if len(value) > 2)


def somebody() -> dict[str, str]:
    """One person's number and name, as they truly are."""
    [[[number, name]]] = duck.run(
        [
            f"SELECT number, name FROM read_parquet({duck.literal(str(truth('people.parquet')))}) "
            f"WHERE person IN (SELECT person FROM read_parquet({duck.literal(str(truth('records.parquet')))}) "
            "WHERE resource = 'police_residents' AND defect = '') AND length(name) > 2 ORDER BY person LIMIT 1"
        ]
    )
    return {"person.id_number": number, "person.name": name}


def _values(wanted: Callable[[dict[str, Any]], bool]) -> set[str]:
    found: set[str] = set()
    for exchange in Exchange.objects.filter(pack="population"):
        columns = [item["name"] for item in entry_of(exchange.resource).items if wanted(item)]
        landed = Batch.objects.filter(exchange=exchange).exclude(landed_at=None)
        paths = [path for batch in landed for path in files_of(batch)]
        texts = ", ".join(f"{duck.name(column)}::VARCHAR" for column in columns)
        if paths and columns:
            [rows] = duck.run([f"SELECT DISTINCT unnest([{texts}]) FROM {duck.files(paths)}"])
            found |= {value for (value,) in rows if value}
    return found


def _open(exchange: str, *, source: str = "", whole: bool = False) -> Batch:
    return open_batch(exchange_of(exchange), by=BY, source=source, whole=whole)


def _night(day: date) -> None:
    plain = Path(settings.DATA) / "night.txt"
    plain.write_text("".join(f"{RECORD[:-2]}{day.day:02}\n" for _ in range(3)), encoding="utf-8")
    Night(day, DELTA).write(plain, departments_folder() / "human_resources")
    plain.unlink()


def _page() -> Path:
    return departments_folder() / "health" / "pages" / "000001.json"


def _aside() -> Path:
    return departments_folder() / "health" / "aside.json"
