"""One subject through time: what was said when, and what was known and true at a moment, by the trust of today."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from tests.departments import departments
from tests.resources.road import BY, check, declare, receive
from tests.resources.subjects.test_thread import OFFICER, take_in_everything
from tests.standing import Stand, Standing, stand

from gusu.demo.departments.build import departments_folder, next_day
from gusu.kernel import clock, ids
from gusu.kernel.actor import Actor
from gusu.kernel.audit.models import AuditLine
from gusu.kernel.engine import duck
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.lake import files
from gusu.kernel.lake.models import LakeFile
from gusu.kernel.packs import Label
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.subjects import queries
from gusu.resources.subjects.actions import fuse_register, link_batch
from gusu.resources.subjects.facts import trust_of
from gusu.resources.subjects.models import BaseRegister, Erasure
from gusu.resources.subjects.pack import Subjects
from gusu.resources.subjects.queries import Change, Fact, Trust
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece
from gusu.resources.subjects.timeline import HistoryGone
from gusu.site.wiring import PACK_ROOMS

__all__ = ["stand"]

PEOPLE = 300
FIRST = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
SAMPLE = 12
REPORT = ["批次 batch", "位置 position", "信息项 item", "数据元 element", "疑点 doubt", "说明 meaning"]


@pytest.fixture
def city(committed: None) -> Iterator[list[str]]:
    """Everything taken in on one day; the elements of the register."""
    with clock.frozen(FIRST):
        apply(load(gather(PACK_ROOMS)), by=BY)
        with departments(PEOPLE):
            take_in_everything()
            yield list(queries.declared("population").elements)


def test_what_was_known_at_a_moment_is_what_was_answered_then(city: list[str]) -> None:
    everybody = subjects("true")
    before = {subject: facts(subject, city) for subject in everybody}
    assert {s: as_of(s, city) for s in everybody[:SAMPLE]} == {s: before[s] for s in everybody[:SAMPLE]}

    with clock.frozen(SECOND):
        next_day(120)
        take_in_everything()
        now = {subject: facts(subject, city) for subject in subjects("true")}
        changed = [subject for subject in before if before[subject] != now.get(subject)]
        newcomers = [subject for subject in now if subject not in before]
        looked_at = [*changed[:SAMPLE], *newcomers[:2], *everybody[-3:]]
        nobody = facts(queries.subject_id("population", "110101190001019999"), city)

        assert (len(changed) > SAMPLE, len(newcomers) > 2) == (True, True)
        assert {s: as_of(s, city) for s in looked_at} == {s: now[s] for s in looked_at}
        assert {s: as_of(s, city, known_at=FIRST) for s in looked_at} == {s: before.get(s, nobody) for s in looked_at}
        assert as_of(looked_at[0], city, known_at=FIRST - timedelta(seconds=1)) == {
            element: Fact(element, "unavailable") for element in city
        }

        # Every change is on the timeline, and what the newest words say is what the facts say.
        told = queries.timeline("population", changed[0], city, purpose="data_quality", by=OFFICER)
        assert (told.withheld, told.unread) == ([], [])
        assert [word.known_at for word in told.words] == sorted((w.known_at for w in told.words), reverse=True)
        assert told.words[0].known_at == SECOND
        assert told.words[0].what in {"changed", "said", "repeated"}
        line = AuditLine.objects.order_by("-pk").first()
        assert line is not None
        assert (line.verb, line.subject_id, line.purpose) == ("subjects.timeline", changed[0], "data_quality")


def test_a_doubt_goes_back_to_its_sources_by_position_alone(city: list[str]) -> None:
    edition, spec = queries.newest_edition("population"), queries.declared("population")
    assert edition is not None
    truth = departments_folder() / "truth"
    for doubt in spec.doubts:
        found = doubted(doubt.code, limit=1000)
        by_pages = doubted(doubt.code, limit=1)
        while by_pages and (more := doubted(doubt.code, limit=1, after=by_pages[-1])):
            by_pages += more
        assert (len(found), by_pages) == (edition.doubts[doubt.code], found)

        for source, asked in doubt.asked.items():
            rows = report(doubt.code, source)
            assert {row[3] for row in rows} <= set(asked)
            assert subjects_at(spec, source, {int(row[1]) for row in rows}) <= set(found)
            if doubt.where:
                assert len({row[1] for row in rows}) == len(found)
            assert personal_values(truth) & {cell for row in rows for cell in row} == set()
    assert sum(edition.doubts.values()) > 3

    # It is marked at the value it is about, for whoever sees all that it speaks of.
    [dead, *_] = doubted("registered_after_death", limit=1)
    seen = facts(dead, city)
    assert [str(t) for t in queries.doubts_about("population", dead, seen)["person.household_state"]] == [
        "已登记死亡，户籍未注销"
    ]
    only = facts(dead, ["person.household_state"])
    assert queries.doubts_about("population", dead, only) == {}

    # Who must be forgotten is on no list and has no past.
    forget(dead)
    assert dead not in doubted("registered_after_death", limit=1000)
    assert len(report("registered_after_death", "deaths")) == edition.doubts["registered_after_death"] - 1
    assert queries.timeline("population", dead, city, **EXPLAINING).words == []
    assert {fact.state for fact in as_of(dead, city).values()} == {"unknown"}

    # Without a grant of all it speaks of there is no list; a source it does not speak of has none.
    stranger = Actor(account="acc1-TEST", organisation="tourism")
    for asked_by in (
        lambda: queries.doubted("population", "name_differs", limit=9, purpose="data_quality", by=stranger),
        lambda: queries.doubts_of("population", "name_differs", "police", purpose="data_quality", by=stranger),
    ):
        with pytest.raises(NotAllowed):
            asked_by()
        line = AuditLine.objects.order_by("-pk").first()
        assert line is not None
        assert (line.outcome, line.detail) == ("refused", {"doubt": "name_differs"})
    with pytest.raises(NotFound):
        queries.doubts_of("population", "name_differs", "deaths", **EXPLAINING)


# Two times, on deliveries made by hand

ANNA, BEN, CORA = "110101199001010015", "110101199002020020", "110101199003030036"


def found_club(folder: Path) -> "Club":
    apply(load(gather(PACK_ROOMS)), by=BY)
    exchange = declare(["rec", "number", "name", "at"], "club", key="rec")
    source = SourceOf(
        "club", "club", Label("名册", "Club"), {"person.id_number": "number", "person.name": "name"}, "rec", "at"
    )
    elements = {"person.id_number": [["club"]], "person.name": [["club"]]}
    piece = SubjectsPiece("club", Label("会员库", "Club"), "person.id_number", [source], elements)
    Subjects().apply([piece], by=BY)
    return Club(exchange, folder)


class Club:
    """A register of one source whose deliveries a test writes."""

    def __init__(self, exchange: Exchange, folder: Path) -> None:
        self.exchange, self.folder = exchange, folder

    def deliver(self, day: int, rows: Sequence[str], *, complete: bool) -> Batch:
        """Taken in on that day of October at ten in the morning."""
        with clock.frozen(_morning(day)):
            place = self.folder / f"{day}.csv"
            place.write_text("\n".join(["rec,number,name,at", *rows]) + "\n", encoding="utf-8")
            batch = receive(self.exchange, place)
            Batch.objects.filter(pk=batch.pk).update(complete=complete)
            batch.refresh_from_db()
            check(batch)
            link_batch(batch, by=BY)
            fuse_register(BaseRegister.objects.get(code="club"), by=BY)
        return batch

    def name(self, number: str, *, known: int | None = None, true: int | None = None) -> str | None:
        """The name as known at noon of a day, as true on a day."""
        subject = queries.subject_id("club", number)
        at = _morning(known) + timedelta(hours=2) if known else None
        found = queries.facts_as_of(
            "club",
            subject,
            ["person.name"],
            true_on=date(2026, 10, true) if true else None,
            known_at=at,
            **own(subject),
        )
        return found["person.name"].value


def as_told(club: Club) -> Club:
    """Anna's record is changed, then turns out to have been Ben's since the fifth; Cora's is no longer delivered."""
    club.deliver(1, [f"r1,{ANNA},安娜,2026-10-01", f"r3,{CORA},柯拉,2026-10-01"], complete=True)
    club.deliver(10, [f"r1,{ANNA},安娜二,2026-10-09"], complete=False)
    club.deliver(20, [f"r1,{BEN},本,2026-10-05"], complete=False)
    club.deliver(28, [f"r1,{BEN},本,2026-10-05", f"r2,{ANNA},安娜三,2026-10-27"], complete=True)
    return club


@pytest.fixture(scope="module")
def standing(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with stand(lambda: nullcontext(as_told(found_club(tmp_path_factory.mktemp("club"))))) as standing:
        yield standing


@pytest.fixture
def told(db: None, standing: Standing) -> Iterator[Club]:
    with standing.as_built() as club:
        yield club


def test_now_is_what_stands(told: Club) -> None:
    now = {number: answered_now(number) for number in (ANNA, BEN, CORA)}

    assert now == {ANNA: "安娜三", BEN: "本", CORA: None}
    assert {number: told.name(number) for number in now} == now


KNOWN_AND_TRUE: dict[tuple[int | None, int | None], list[str | None]] = {
    (1, None): ["安娜", None, "柯拉"],
    (9, None): ["安娜", None, "柯拉"],
    (10, None): ["安娜二", None, "柯拉"],
    (10, 8): ["安娜", None, "柯拉"],  # delivered, but not true yet
    (20, None): [None, "本", "柯拉"],
    (20, 4): ["安娜", None, "柯拉"],  # the record was hers until the fifth
    (20, 5): [None, "本", "柯拉"],
    (28, None): ["安娜三", "本", None],
    (28, 26): [None, "本", "柯拉"],  # that Cora is not delivered any more came true on the 28th
    (28, 4): ["安娜", None, "柯拉"],
    (None, 4): ["安娜", None, "柯拉"],
}
"""(Known at noon of a day, true on a day) → names of Anna, Ben and Cora."""


def test_known_at_and_true_on(told: Club) -> None:
    found = {
        (known, true): [told.name(number, known=known, true=true) for number in (ANNA, BEN, CORA)]
        for known, true in KNOWN_AND_TRUE
    }

    assert found == KNOWN_AND_TRUE


def test_the_timeline_says_what_was_said_and_what_became_of_it(told: Club) -> None:
    assert [(word.what, word.known_at.day, word.changes) for word in words(ANNA)] == [
        ("said", 28, (Change("person.name", None, "安娜三"),)),
        ("left", 20, ()),
        ("changed", 10, (Change("person.name", "安娜", "安娜二"),)),
        ("said", 1, (Change("person.name", None, "安娜"),)),
    ]
    assert [(word.what, word.known_at.day) for word in words(BEN)] == [("repeated", 28), ("said", 20)]
    assert [(word.what, word.known_at.day) for word in words(CORA)] == [("missing", 28), ("said", 1)]
    assert str(words(ANNA)[-1].moment) == "2026-10-01 00:00:00+08:00"


def test_what_is_withheld_is_named_and_not_read(told: Club) -> None:
    subject = queries.subject_id("club", ANNA)
    asked: dict[str, Any] = {"purpose": "data_quality", "by": OFFICER}

    seen = queries.timeline("club", subject, ["person.name"], **asked)
    known = queries.facts_as_of("club", subject, ["person.name"], true_on=None, known_at=None, **asked)

    assert (seen.words, seen.withheld) == ([], ["person.name"])
    assert known == {"person.name": Fact("person.name", "withheld")}
    lines = AuditLine.objects.order_by("-pk")[:2]
    assert [(line.verb, line.outcome, line.code) for line in lines] == [
        ("subjects.facts_as_of", "refused", "withheld"),
        ("subjects.timeline", "refused", "withheld"),
    ]


def test_what_the_lake_no_longer_has_is_not_answered_as_nothing(told: Club) -> None:
    LakeFile.objects.filter(dataset="club.club", batch="000001").delete()

    with pytest.raises(HistoryGone, match="club/000001"):
        told.name(ANNA, known=1)
    assert told.name(ANNA) == "安娜三"
    seen = queries.timeline("club", queries.subject_id("club", ANNA), ["person.name"], **own_of(ANNA))
    assert seen.unread == ["club/000001"]


# Trust, in words


@pytest.mark.parametrize(
    ("sayings", "trust"),
    [
        ([("police", 1)], Trust(1, 3, "only")),
        ([("insured", 1), ("insured", 0)], Trust(2, 3, "only")),
        ([("police", 1), ("insured", 9)], Trust(1, 3, "trusted")),
        ([("insured", 9), ("deaths", 20)], Trust(2, 3, "trusted")),
        ([("health", 9), ("insured", 8)], Trust(2, 3, "newest")),
        ([("health", 9), ("insured", None)], Trust(2, 3, "newest")),
        ([("insured", 9), ("health", 9)], Trust(2, 3, "declared")),
        ([("insured", None), ("health", None)], Trust(2, 3, "declared")),
    ],
)
def test_why_a_value_stands(sayings: list[tuple[str, int | None]], trust: Trust) -> None:
    tiers = [["police"], ["insured", "health"], ["elderly", "deaths"]]
    winner, *losers = [said(source, day) for source, day in sayings]

    assert trust_of(tiers, winner, losers) == trust


EXPLAINING: dict[str, Any] = {"purpose": "data_quality", "by": OFFICER}


def said(source: str, day: int | None) -> queries.Said:
    moment = None if day is None else FIRST + timedelta(days=day)
    return queries.Said(source, Label(source, source), "1", 1, 1, moment)  # type: ignore[arg-type]


def subjects(condition: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT subject FROM subjects_population WHERE {condition} ORDER BY subject")
        return [ids.spelled(queries.KIND, subject) for (subject,) in cursor.fetchall()]


def subjects_at(spec: SubjectsPiece, source: str, positions: set[int]) -> set[str]:
    """Whose the records at these positions of a source's first batch are."""
    links = duck.files(files.paths(f"{spec.code}.{source}", "000001", "links"))
    [rows] = duck.run([f"SELECT _position, subject FROM {links}"])
    return {ids.spelled(queries.KIND, UUID(subject)) for position, subject in rows if position in positions}


def personal_values(truth: Path) -> set[str]:
    import duckdb  # only this test asks the truth by itself

    rows = duckdb.sql(f"SELECT number, name FROM '{truth}/people.parquet'").fetchall()
    return {value for row in rows for value in row}


def doubted(code: str, *, limit: int, after: str = "") -> list[str]:
    return queries.doubted("population", code, limit=limit, after=after, **EXPLAINING)


def report(doubt: str, source: str) -> list[list[str]]:
    """The rows of the list that goes back to a source."""
    text = b"".join(queries.doubts_of("population", doubt, source, **EXPLAINING)).decode("utf-8-sig")
    heading, *rows = list(csv.reader(io.StringIO(text)))
    assert heading == REPORT
    return rows


def forget(subject: str) -> None:
    register, number = BaseRegister.objects.get(code="population"), ids.read(queries.KIND, subject)
    Erasure.objects.create(register=register, subject=number, ground="law", at=clock.now(), due_at=clock.now())


def facts(subject: str, elements: list[str]) -> dict[str, Fact]:
    return queries.facts_about("population", subject, elements, **EXPLAINING)


def as_of(subject: str, elements: list[str], **moments: object) -> dict[str, Fact]:
    asked: dict[str, Any] = {"true_on": None, "known_at": None} | moments
    return queries.facts_as_of("population", subject, elements, **asked, **EXPLAINING)


def own(subject: str) -> dict[str, Any]:
    return {"purpose": "own_data", "by": Actor("acc1-ME", subject=subject)}


def own_of(number: str) -> dict[str, Any]:
    return own(queries.subject_id("club", number))


def answered_now(number: str) -> str | None:
    subject = queries.subject_id("club", number)
    return queries.facts_about("club", subject, ["person.name"], **own(subject))["person.name"].value


def words(number: str) -> list[queries.Word]:
    subject = queries.subject_id("club", number)
    return queries.timeline("club", subject, ["person.name"], **own(subject)).words


def _morning(day: int) -> datetime:
    return datetime(2026, 10, day, 2, 0, tzinfo=UTC)
