"""Forgetting while others are at work, after declarations changed, with records that moved: nothing comes back, nothing
is lost beside it.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from tests.resources.road import BY, check, receive
from tests.resources.subjects.test_erasing import everywhere
from tests.resources.subjects.test_timeline import ANNA, BEN, Club, _morning, answered_now, found_club

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.lake.models import LakeFile
from gusu.kernel.packs import Label
from gusu.kernel.vocabulary.models import DataElement
from gusu.resources.exchange.actions import let_go
from gusu.resources.exchange.events import BatchLetGo
from gusu.resources.exchange.models import Batch
from gusu.resources.subjects import actions, edition, jobs, queries
from gusu.resources.subjects.actions import erase_subject, fuse_register, link_batch
from gusu.resources.subjects.erasing import close_erasures, forget_in, forget_in_all
from gusu.resources.subjects.models import BaseEdition, BaseRegister, Erasure, LinkedBatch
from gusu.resources.subjects.pack import Subjects
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece
from gusu.site.wiring import LISTENERS

OFFICER = Actor("acc1-OFFICER", organisation="resource_centre", permissions=frozenset({"subjects.erase"}))
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def number(place: int) -> str:
    """Of one of twenty more members."""
    first = f"110101198001{place + 1:02d}{900 + place}"
    return first + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True)) % 11]


MEMBERS = [
    f"f{place},{number(place)},员{name},2026-10-01"
    for place, name in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉")
]


@pytest.fixture
def club(committed: None, tmp_path: Path) -> Club:
    return found_club(tmp_path)


def register() -> BaseRegister:
    return BaseRegister.objects.get(code="club")


def erase(whose: str) -> None:
    erase_subject(register(), by=OFFICER, subject=queries.subject_id("club", whose), ground="unlawful")


def worker_goes_on() -> None:
    forget_in_all("club", by=BY)
    for batch in Batch.objects.exclude(landed_at=None).select_related("exchange"):
        link_batch(batch, by=BY)
    fuse_register(register(), by=BY)
    close_erasures()


def published() -> BaseEdition:
    found = queries.newest_edition("club")
    assert found is not None
    return found


def made_anew() -> BaseEdition:
    BaseEdition.objects.filter(pk=published().pk).update(inputs=[])
    fuse_register(register(), by=BY)
    return published()


def declare_source(code: str) -> None:
    items = {"person.id_number": "number", "person.name": "name"}
    source = SourceOf(code, "club", Label("名册", "Club"), items, "rec", "at")
    elements = {element: [[code]] for element in items}
    Subjects().apply([SubjectsPiece("club", Label("会员库", "Club"), "person.id_number", [source], elements)], by=BY)


def layers(folder: str) -> Sequence[str]:
    return sorted(LakeFile.objects.filter(batch=folder).values_list("layer", flat=True))


def test_what_a_record_of_the_forgotten_had_replaced_does_not_come_back(club: Club) -> None:
    club.deliver(1, [f"r1,{ANNA},本名,2026-10-01", *MEMBERS], complete=True)
    club.deliver(10, [f"r1,{BEN},本名,2026-10-09"], complete=False)  # the number was wrong
    erase(BEN)
    worker_goes_on()

    merged = published()
    assert (merged.subjects, merged.rebuilt) == (20, False)
    anew = made_anew()
    assert (anew.rebuilt, anew.digest) == (True, merged.digest)
    assert answered_now(ANNA) == answered_now(BEN)
    assert everywhere(BEN) == everywhere("本名") == []

    # Told once more, it is nobody's still, and whoever had the record meanwhile has it no more.
    club.deliver(12, [f"f3,{BEN},本名,2026-10-11"], complete=False)
    worker_goes_on()
    assert published().subjects == 19
    assert made_anew().subjects == 19
    assert everywhere(BEN) == []


def test_an_edition_is_not_published_without_what_was_given_up_meanwhile(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.deliver(1, MEMBERS, complete=True)
    first = Batch.objects.get()
    making = edition.Making.publication

    def while_somebody_is_erased(self: edition.Making) -> edition.Publication:
        monkeypatch.setattr(edition.Making, "publication", making)
        erase(number(0))
        forget_in(first, by=BY)
        return making(self)

    monkeypatch.setattr(edition.Making, "publication", while_somebody_is_erased)
    with pytest.raises(Exception, match="club"):  # Busy: its job comes back
        club.deliver(10, [f"x{place},{number(place)},新,2026-10-09" for place in range(10, 20)], complete=False)
    assert published().subjects == 20
    worker_goes_on()
    assert published().subjects == 19
    assert [erasure.done_at is not None for erasure in Erasure.objects.all()] == [True]


def test_a_batch_linked_by_an_earlier_program_is_found_whatever_its_state(club: Club) -> None:
    place = club.folder / "first.csv"
    place.write_text("\n".join(["rec,number,name,at", *MEMBERS]) + "\n", encoding="utf-8")
    batch = receive(club.exchange, place)
    check(batch)
    link_batch(batch, by=BY)
    LinkedBatch.objects.update(program="an earlier one")

    assert not fuse_register(register(), by=BY)
    for left in actions.left_by_an_earlier_program(register()):
        link_batch(left, by=BY)
    fuse_register(register(), by=BY)
    assert published().subjects == 20


def test_files_of_a_source_that_is_declared_no_more_are_given_up(club: Club) -> None:
    club.deliver(1, MEMBERS, complete=True)
    declare_source("members")
    worker_goes_on()
    erase(number(0))
    worker_goes_on()

    assert set(LakeFile.objects.filter(layer="linked").values_list("dataset", flat=True)) == {"club.members"}
    assert everywhere(number(0)) == []


def test_an_ended_register_leaves_no_golden_record_and_no_link(club: Club) -> None:
    batch = club.deliver(1, MEMBERS, complete=True)
    Subjects().retire(["club"], by=BY)

    assert set(layers(batch.folder)) == {"landed"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('subjects_club'), to_regclass('dossiers_club')")
        assert cursor.fetchone() == (None, None)
    assert not LinkedBatch.objects.exists()


def test_links_are_compared_by_erasure_and_not_by_the_clock(club: Club) -> None:
    club.deliver(10, MEMBERS, complete=True)
    with clock.frozen(_morning(10) - timedelta(milliseconds=50)):
        erase(number(0))
    worker_goes_on()

    assert everywhere(number(0)) == []
    assert published().subjects == 19


def test_an_element_that_becomes_personal_leaves_its_column(club: Club) -> None:
    club.deliver(1, MEMBERS, complete=True)
    DataElement.objects.filter(code="person.name").update(grade=3)
    jobs.look_again()
    for batch in actions.left_by_an_earlier_program(register()):
        link_batch(batch, by=BY)
    club.deliver(5, [f"f1,{number(1)},改,2026-10-04"], complete=False)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), string_agg(r::text, ' ') FROM subjects_club AS r")
        [(rows, told)] = cursor.fetchall()
    assert (rows, "员甲" in told, "改" in told) == (20, False, False)


def test_a_batch_let_go_while_it_is_linked_keeps_no_links(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    old = club.deliver(1, MEMBERS, complete=True)
    club.deliver(5, [*MEMBERS, f"new,{ANNA},安娜,2026-10-05"], complete=True)
    erase(number(0))
    forget_in(old, by=BY)
    linking = actions._link

    def while_it_is_let_go(*given: object) -> object:
        found = linking(*given)  # type: ignore[arg-type]
        let_go(old, by=BY)
        for listener in LISTENERS[BatchLetGo]:
            listener(BatchLetGo(batch=old.pk, resource="club"))
        return found

    monkeypatch.setattr(actions, "_link", while_it_is_let_go)
    with pytest.raises(Exception, match="club"):  # Busy
        link_batch(old, by=BY)
    monkeypatch.setattr(actions, "_link", linking)
    link_batch(old, by=BY)

    assert layers(old.folder) == []
    worker_goes_on()
    assert everywhere(number(0)) == []
