"""The same job without Gusu: what a good engineer writes in a day, against which `bench thread` measures the house.

    python by_hand.py GIVEN.json

Four departments' systems in, one table of golden records out, with who won each value, the doubts, blind indexes and
what every source says, closed: nobody's number or address may stand in the clear.  It keeps out the same records for
the same reasons, links by the same number, trusts in the same order, and arrives at the same digest.  What it leaves
out is what the house adds: receipts of chunks, findings and samples, a lake, an increment, a second register.
Everything lies in memory once.

It says each stage's name when it is done, then the digest.  Of ours it uses the engine's normal forms (`gusu_*`), the
sum of a digest, and the city's SQL for ids.
"""

import csv
import os
import subprocess
import sys
import tempfile
from binascii import hexlify
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import duckdb
import msgspec
import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from python_calamine import CalamineWorkbook

from gusu.kernel.engine import digest, forms

THREADS = str(max(1, (os.cpu_count() or 2) // 2))  # two on one core spend a third more for the same
TAB, UNIT, RECORD = "\t", "\x1f", "\x1e"  # between values, fields and records
SHEETS = {"高龄老人": "elderly", "死亡登记": "deaths", "婚姻登记": "marriages"}

COLUMNS = """
    subject uuid, name text, former_name text, sex text, nationality text, native_place text, household_relation text,
    marital_status text, education text, occupation text, division text, household_state text, insurance_state text,
    employer text, clinic text, elderly_allowance text, allowance_since date,
    home_division text, residence_since date, residence_permit_until date, phone_blind uuid, household_blind uuid,
    won text NOT NULL, doubts integer NOT NULL, said bytea NOT NULL"""
INDEXES = """
    ALTER TABLE by_hand_next ADD PRIMARY KEY (subject);
    CREATE INDEX ON by_hand_next (phone_blind); CREATE INDEX ON by_hand_next (household_blind);
    CREATE INDEX ON by_hand_next (name); CREATE INDEX ON by_hand_next (subject) WHERE doubts <> 0;
    ANALYZE by_hand_next"""
LINES = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x1c'"  # one column, as it is


class Given(msgspec.Struct, frozen=True):
    """Where everything is, and the city's secrets.

    variables: of the engine, in hexadecimal; subject: SQL of a person's id, over `number`; blind: SQL of a blind index,
    by column; salt: of the digest.
    """

    city: str
    police: str
    insured: str
    workbook: str
    health: str
    token: str
    variables: dict[str, str]
    subject: str
    blind: dict[str, str]
    salt: str


def main() -> None:
    given = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Given)
    with tempfile.TemporaryDirectory(prefix="by-hand-") as folder:
        place = Path(folder)
        read_police(given, place / "police.csv")
        read_insured(given, place / "insured.csv")
        read_workbook(given, place)
        read_health(given, place / "health.json")
        say("read")
        engine = duckdb.connect(config={"threads": THREADS, "temp_directory": folder})
        for name, value in given.variables.items():
            engine.execute(f"SET VARIABLE {name} = ?", [bytes.fromhex(value)])
        engine.execute("; ".join(forms.prelude()))
        engine.execute(sql("shape", place=folder))
        say("shape")
        blind = ", ".join(f"{expression} AS {column}" for column, expression in given.blind.items())
        engine.execute(sql("fuse", t=TAB, u=UNIT, r=RECORD, subject=given.subject, salt=given.salt, blind=blind))
        engine.execute(f"COPY (SELECT line FROM golden) TO '{place}/golden' ({LINES})")
        parts = engine.execute(digest.added_up("(SELECT 0 AS part, weight AS h FROM golden)")).fetchall()
        say("fuse")
        close(place / "golden", place / "closed")
        say("close")
        publish(given, place / "closed")
        say("publish")
    print(digest.total([list(part) for part in parts])[1])


def sql(name: str, **words: str) -> str:
    return Template(Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")).substitute(words)


def say(stage: str) -> None:
    print(stage, flush=True)


def read_police(given: Given, file: Path) -> None:
    with psycopg.connect(given.police, options="-c TimeZone=Asia/Shanghai") as database, file.open("wb") as out:
        with database.cursor().copy("COPY huji.rk TO STDOUT (FORMAT csv)") as rows:
            out.writelines(rows)


def read_insured(given: Given, file: Path) -> None:
    with file.open("wb") as out:
        subprocess.run(["iconv", "-f", "GB18030", "-t", "UTF-8", given.insured], stdout=out, check=True)


def read_workbook(given: Given, place: Path) -> None:
    book = CalamineWorkbook.from_path(given.workbook)
    for sheet, name in SHEETS.items():
        rows = [row for row in book.get_sheet_by_name(sheet).to_python()[4:] if isinstance(row[0], float)]
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(rows)


def read_health(given: Given, file: Path) -> None:
    with file.open("wb") as out:
        for page in pages(given):
            out.write(b"\n".join(msgspec.json.decode(page["records"], type=list[msgspec.Raw])) + b"\n")


def pages(given: Given) -> Iterator[dict[str, msgspec.Raw]]:
    service, number, left = HTTPConnection(urlsplit(given.health).netloc), 1, 1
    while left > 0:
        target = f"/api/records?page={number}&size=5000"
        service.request("GET", target, headers={"Authorization": f"Bearer {given.token}"})
        page = msgspec.json.decode(service.getresponse().read(), type=dict[str, msgspec.Raw])
        yield page
        left = msgspec.json.decode(page["total"], type=int) - 5000 * number
        number += 1


def close(golden: Path, closed: Path) -> None:
    """The last field of every line, what the sources say, closed for its subject alone; as COPY reads a bytea."""
    seal, prefix = AESGCM(AESGCM.generate_key(256)).encrypt, os.urandom(4)
    with golden.open("rb") as lines, closed.open("wb") as out:
        for number, line in enumerate(lines):
            head, _, said = line[:-1].rpartition(b"\t")
            nonce = prefix + number.to_bytes(8, "big")
            out.write(b"%b\t\\\\x%b\n" % (head, hexlify(nonce + seal(nonce, said, head[:36]))))


def publish(given: Given, file: Path) -> None:
    """Loaded beside the table in force, and in its place when whole."""
    with psycopg.connect(given.city) as city:
        city.execute(f"DROP TABLE IF EXISTS by_hand_next; CREATE TABLE by_hand_next ({COLUMNS})")
        with city.cursor().copy("COPY by_hand_next FROM STDIN (NULL '')") as copy, file.open("rb") as lines:
            while data := lines.read(1 << 20):
                copy.write(data)
        city.execute(INDEXES)
        city.execute("DROP TABLE IF EXISTS by_hand; ALTER TABLE by_hand_next RENAME TO by_hand")


if __name__ == "__main__":
    main()
