"""The trail under a writer who may do anything to the database: whatever is touched after sealing is found.

Tampering goes through the table owner's door (the trigger off for a moment), as a thief of its password would.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from tests.committing import at_once, rolled_back

from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.audit.actions import start_new_era
from gusu.kernel.audit.models import AuditLine, AuditSeal
from gusu.kernel.audit.sealing import Fault, faults, seal_finished_lines
from gusu.kernel.crypto import keys

pytestmark = pytest.mark.usefixtures("committed")
BY = Actor(account="acc1-clerk", organisation="police")


def write(*verbs: str) -> list[int]:
    for verb in verbs:
        trail.append(verb, by=BY, detail={"count": 3})
    return list(AuditLine.objects.order_by("pk").values_list("pk", flat=True))


def sealed(*batches: tuple[str, ...]) -> list[int]:
    """Lines, sealed batch by batch; every line's id."""
    for batch in batches:
        write(*batch)
        seal_finished_lines()
    assert list(faults()) == []
    return list(AuditLine.objects.order_by("pk").values_list("pk", flat=True))


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def as_a_thief() -> Iterator[None]:
    sql("ALTER TABLE kernel_auditline DISABLE TRIGGER append_only")
    yield
    sql("ALTER TABLE kernel_auditline ENABLE TRIGGER append_only")


def copy_line(line: int, **changed: object) -> int:
    """A forged line: like another one but for what is changed."""
    forged = AuditLine.objects.get(pk=line)
    forged.pk = None
    for field, value in changed.items():
        setattr(forged, field, value)
    forged.save(force_insert=True)
    return int(forged.pk)


def seals() -> list[AuditSeal]:
    return list(AuditSeal.objects.order_by("pk"))


def test_lines_written_by_eight_threads_are_all_there_and_all_sealed() -> None:
    stop = threading.Event()

    def seal() -> int:
        count = 0
        while not stop.is_set():
            count += seal_finished_lines()
        return count

    def append() -> None:
        for number in range(25):
            with transaction.atomic():
                trail.append(f"thread.{number}", by=BY)
                trail.append(f"thread.{number}", by=BY)

    def watch() -> None:
        at_once(*[append] * 8)
        stop.set()

    sealed_meanwhile, _ = at_once(seal, watch)

    assert sealed_meanwhile + seal_finished_lines() == AuditLine.objects.count() == 400
    assert list(faults()) == []
    assert sorted(line for seal in seals() for line in seal.line_ids) == sorted(
        AuditLine.objects.values_list("pk", flat=True)
    )


def test_nothing_new_no_seal() -> None:
    sealed(("a",))

    assert seal_finished_lines() == 0
    assert len(seals()) == 1


def test_every_seal_names_the_one_before_it() -> None:
    sealed(("a",), ("b", "c"), ("d",))

    first, second, third = seals()
    assert bytes(first.previous) == bytes(32)
    assert [bytes(second.previous), bytes(third.previous)] == [bytes(first.digest), bytes(second.digest)]
    assert [(s.xid_from, s.xid_to) for s in (second, third)] == [
        (first.xid_to, second.xid_to),
        (second.xid_to, third.xid_to),
    ]


def test_no_line_is_sealed_past_a_transaction_still_open() -> None:
    wrote, close = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            trail.append("slow", by=BY)
            wrote.set()
            assert close.wait(10)

    def quick() -> list[int]:
        assert wrote.wait(10)
        write("quick")
        counts = [seal_finished_lines()]
        close.set()
        return counts

    _, meanwhile = at_once(slow, quick)

    assert meanwhile == [0]
    assert seal_finished_lines() == 2
    assert list(faults()) == []


def test_a_line_that_appears_late_with_an_earlier_id_is_no_false_alarm() -> None:
    numbered, wrote, close = threading.Event(), threading.Event(), threading.Event()

    def early_id() -> None:
        """Has its transaction's number late but a line's id early - as far as the database lets it."""
        with transaction.atomic():
            assert numbered.wait(10)
            trail.append("late", by=BY)
            wrote.set()
            assert close.wait(10)

    def old_number() -> None:
        with transaction.atomic():
            sql("SELECT pg_current_xact_id()")
            numbered.set()
            assert wrote.wait(10)
            trail.append("early number, late id", by=BY)
        assert seal_finished_lines() == 1
        close.set()

    assert at_once(early_id, old_number) == [None, None]
    assert seal_finished_lines() == 1
    first, second = seals()
    assert second.line_ids[0] < first.line_ids[0]
    assert list(faults()) == []


def test_a_rolled_back_line_leaves_no_gap_that_alarms() -> None:
    write("a")
    with rolled_back():
        trail.append("never", by=BY)
    write("b")

    assert (seal_finished_lines(), list(faults())) == (2, [])


@pytest.mark.parametrize(
    "statement",
    ["UPDATE kernel_auditline SET verb = 'x'", "DELETE FROM kernel_auditline", "TRUNCATE kernel_auditline"],
)
def test_the_trail_refuses_to_be_changed(statement: str) -> None:
    write("a")

    with pytest.raises(DatabaseError, match="append-only"):
        sql(statement)

    assert AuditLine.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", "acc1-other"),
        ("organisation", "audit"),
        ("verb", "harmless.look"),
        ("subject_kind", "x"),
        ("subject_id", "1"),
        ("outcome", "refused"),
        ("code", "x"),
        ("purpose", "x"),
        ("at", "2020-01-01T00:00:00+08:00"),
        ("detail", "{}"),
    ],
)
def test_a_changed_line_is_found(field: str, value: str) -> None:
    _, line, _ = sealed(("a", "b"), ("c",))
    with as_a_thief():
        sql(f"UPDATE kernel_auditline SET {field} = %s WHERE id = %s", value, line)

    assert list(faults()) == [Fault("line changed", seals()[0].pk, line)]


def test_a_missing_line_is_found() -> None:
    _, line, _ = sealed(("a", "b"), ("c",))
    with as_a_thief():
        sql("DELETE FROM kernel_auditline WHERE id = %s", line)

    assert list(faults()) == [Fault("line missing", seals()[0].pk, line)]


def test_a_line_slipped_into_a_sealed_range_is_found() -> None:
    first, *_ = sealed(("a", "b"), ("c",))
    forged = copy_line(first)

    assert list(faults()) == [Fault("line inserted", seals()[0].pk, forged)]


def test_a_line_slipped_in_under_an_early_id_is_found_once_it_is_sealed() -> None:
    write("a")
    with rolled_back():
        trail.append("its id is a gap", by=BY)
    first, last = sealed(("b",))
    gap = last - 1

    sql(
        """INSERT INTO kernel_auditline OVERRIDING SYSTEM VALUE SELECT %s, era, pg_current_xact_id()::text::bigint, at,
        actor, organisation, verb, subject_kind, subject_id, outcome, code, purpose, detail FROM kernel_auditline
        WHERE id = %s""",
        gap,
        first,
    )
    seal_finished_lines()

    assert list(faults()) == [Fault("line inserted", seals()[-1].pk, gap)]


@pytest.mark.parametrize("place", ["negative", "future", "other era", "era to come"])
def test_a_line_outside_every_sealed_range_is_found(place: str) -> None:
    first, _ = sealed(("a",), ("b",))
    era = AuditLine.objects.get(pk=first).era
    where = {
        "negative": {"xid": -1},
        "future": {"xid": 1 << 40},
        "other era": {"era": era - 1},
        "era to come": {"era": era + 1},
    }[place]
    forged = copy_line(first, **where)

    assert list(faults()) == [Fault("line inserted", None, forged)]


def test_lines_that_changed_places_are_found() -> None:
    one, other = sealed(("a", "b"))
    with as_a_thief():
        sql("UPDATE kernel_auditline SET id = %s - id WHERE id IN (%s, %s)", one + other + 1000, one, other)
        sql("UPDATE kernel_auditline SET id = id - 1000 WHERE id > 999")

    assert list(faults()) == [Fault("line changed", seals()[0].pk, line) for line in (one, other)]


@pytest.mark.parametrize(
    "change",
    [
        "root = decode(repeat('00', 32), 'hex')",
        "leaves = decode(repeat('00', 64), 'hex')",
        "at = at + interval '1 day'",
        "own_xid = own_xid + 5",
        "signature = decode(repeat('00', 64), 'hex')",
        "key_version = 7",
        "format = 2",
        "digest = decode(repeat('00', 32), 'hex')",
    ],
)
def test_a_changed_seal_is_found(change: str) -> None:
    sealed(("a", "b"), ("c", "d"), ("e",))
    middle = seals()[1].pk
    sql(f"UPDATE kernel_auditseal SET {change} WHERE id = %s", middle)

    assert Fault("seal changed", middle, None) in list(faults())


def test_a_seal_that_forgets_a_line_with_the_line_is_found() -> None:
    *_, gone = sealed(("a", "b"), ("c", "d"))
    seal = seals()[1]
    with as_a_thief():
        sql("DELETE FROM kernel_auditline WHERE id = %s", gone)
    seal.line_ids, seal.leaves = seal.line_ids[:1], bytes(seal.leaves)[:32]
    seal.save()

    assert list(faults()) == [Fault("seal changed", seal.pk, None)]


def test_a_seal_taken_from_the_middle_is_found() -> None:
    sealed(("a",), ("b",), ("c",))
    _, middle, last = seals()
    middle.delete()

    assert Fault("chain broken", last.pk, None) in list(faults())


def test_seals_that_changed_places_are_found() -> None:
    sealed(("a",), ("b",), ("c",))
    _, two, _ = seals()
    sql("UPDATE kernel_auditseal SET id = 900 WHERE id = %s", two.pk)

    assert [fault.kind for fault in faults()] == ["chain broken", "chain broken"]


def test_missing_newest_seals_are_found_with_the_lines_they_sealed_gone_too() -> None:
    sealed(("a",), ("b",), ("c",))
    first, *newest = seals()
    with as_a_thief():
        for seal in newest:
            sql("DELETE FROM kernel_auditline WHERE id = ANY(%s)", seal.line_ids)
            seal.delete()

    assert list(faults()) == [Fault("newest seals missing", first.pk, None)]


def test_sealing_on_does_not_cover_up_that_newest_seals_are_missing() -> None:
    sealed(("a",), ("b",))
    seal = seals()[-1]
    with as_a_thief():
        sql("DELETE FROM kernel_auditline WHERE id = ANY(%s)", seal.line_ids)
        seal.delete()

    write("later")
    assert seal_finished_lines() == 1

    assert list(faults()) == [Fault("newest seals missing", seals()[-1].pk, None)]


def test_a_crash_between_seal_and_anchor_is_no_alarm() -> None:
    sealed(("a",))
    before = " ".join(keys.anchor(settings.DATA))
    sealed(("b",))
    keys.remember_anchor(settings.DATA, before)

    assert list(faults()) == []
    sealed(("c",))
    assert keys.anchor(settings.DATA)[0] == str(seals()[-1].pk)


def test_a_new_era_after_a_restore_goes_on_without_alarm_and_seals_what_the_backup_caught_unsealed() -> None:
    sealed(("a",), ("b",))
    write("not yet sealed when the backup was made")
    with as_a_thief():  # a restored database numbers its transactions from small numbers again
        sql("UPDATE kernel_auditline SET xid = xid + 1000000 WHERE verb LIKE 'not yet%%'")

    start_new_era()
    write("c")
    assert seal_finished_lines() == 1

    assert list(faults()) == []
    first, _, rest, new = seals()
    assert [len(seal.line_ids) for seal in (rest, new)] == [1, 1]
    assert (new.era, new.xid_from) == (first.era + 1, 0)


def test_a_crash_begins_no_new_era() -> None:
    """After one, a sequence stands where the log says: `log_cnt` numbers ahead of what it had given.

    As the migration leaves it, and as a new era does: `nextval` in either would make it 32.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT log_cnt FROM kernel_audit_era")
        assert cursor.fetchall() == [(0,)]

    start_new_era()

    with connection.cursor() as cursor:
        cursor.execute("SELECT log_cnt FROM kernel_audit_era")
        assert cursor.fetchall() == [(0,)]


def test_what_a_backup_caught_unsealed_is_watched_after_the_restore() -> None:
    sealed(("a",))
    _, line = write("b")
    start_new_era()
    with as_a_thief():
        sql("UPDATE kernel_auditline SET verb = 'x' WHERE id = %s", line)

    assert list(faults()) == [Fault("line changed", seals()[1].pk, line)]


def test_a_restored_older_trail_is_no_alarm_after_the_new_era_has_begun() -> None:
    sealed(("a",), ("b",))
    seal = seals()[-1]
    with as_a_thief():
        sql("DELETE FROM kernel_auditline WHERE id = ANY(%s)", seal.line_ids)
        seal.delete()
    assert [fault.kind for fault in faults()] == ["newest seals missing"]

    start_new_era()

    assert list(faults()) == []


def test_seals_still_verify_after_the_key_is_rotated() -> None:
    sealed(("a",))
    keys.rotate()
    sealed(("b",))

    assert [seal.key_version for seal in seals()] == [1, 2]
    assert list(faults()) == []


def test_a_seal_that_names_a_line_twice_hides_no_missing_one() -> None:
    """A leaf for each line, and each line once: else a deleted line's id could be overwritten by its neighbour's."""
    sealed(("a", "b", "c"))
    [seal] = seals()
    gone, kept, last = seal.line_ids
    with as_a_thief():
        sql("DELETE FROM kernel_auditline WHERE id = %s", gone)
        sql("UPDATE kernel_auditseal SET line_ids = %s WHERE id = %s", [kept, kept, last], seal.pk)

    assert Fault("seal changed", seal.pk, None) in list(faults())
