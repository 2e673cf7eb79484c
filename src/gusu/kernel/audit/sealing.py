"""Sealing what has been written, each second, and proving later that nothing was touched.

Writers never wait for the sealer.  It takes the lines of transactions older than every one still running
(`pg_snapshot_xmin`), so no line can appear later inside a range it has sealed.

What is proved: what a line says, that it was there when its seal was made, and that none was taken away or slipped in
since.  When a line's `at` was true its writer alone knows; the seal's `at` is vouched for.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256

from django.conf import settings
from django.db import connection, transaction

from gusu.kernel import clock
from gusu.kernel.audit import merkle
from gusu.kernel.audit.models import AuditSeal
from gusu.kernel.crypto import keys, signatures

LEAF = """sha256(convert_to(jsonb_build_array(id, era, xid, extract(epoch FROM at)::text, actor, organisation, verb,
    subject_kind, subject_id, outcome, code, purpose, detail)::text, 'UTF8'))"""
FINISHED = f"""
SELECT id, xid, {LEAF} FROM kernel_auditline
WHERE era = %s AND xid >= %s AND xid < %s ORDER BY xid, id
"""
MOMENT = """
SELECT last_value, pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM kernel_audit_era
"""
END_OF_ERA = """
SELECT last_value, coalesce(max(xid) + 1, 0)
FROM kernel_audit_era LEFT JOIN kernel_auditline ON era = last_value GROUP BY last_value
"""
OUTSIDE = """
SELECT id FROM kernel_auditline
LEFT JOIN unnest(%s::integer[], %s::bigint[]) AS sealed(sealed_era, xid_to) ON era = sealed_era
CROSS JOIN (SELECT last_value AS now_era, greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    pg_current_xact_id_if_assigned()::text::bigint + 1) AS xid_next FROM kernel_audit_era) AS moment
WHERE xid < 0 OR xid >= CASE era WHEN now_era THEN xid_next ELSE coalesce(xid_to, 0) END ORDER BY id
"""
GENESIS = bytes(32)
SEALER = 0x7365616C  # "seal": one sealer at a time; writers do not take this lock


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed. line is None where the seal itself is at fault."""

    kind: str
    seal: int | None
    line: int | None


def seal_finished_lines() -> int:
    """Seal every line of a finished transaction; answers how many. Nothing new, no seal."""
    return _seal(MOMENT)


def seal_whole_era() -> int:
    """Seal what is left of the present era. Only while nobody writes: after a restore, before the next era begins."""
    return _seal(END_OF_ERA)


def _seal(up_to: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER])
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(up_to)
        [(era, xid_to)] = cursor.fetchall()
        last = AuditSeal.objects.order_by("-pk").first()
        xid_from = last.xid_to if last and last.era == era else 0
        cursor.execute(FINISHED, [era, xid_from, xid_to])
        lines = {line: bytes(leaf) for line, _, leaf in cursor.fetchall()}
        if not lines:
            return 0
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")  # only now: a quiet second costs no number
        [(own,)] = cursor.fetchall()
        seal = _sealed(lines, last, AuditSeal(era=era, xid_from=xid_from, xid_to=xid_to, own_xid=own))
    if not _is_cut_short():  # else the old anchor stays and goes on telling
        keys.remember_anchor(settings.DATA, f"{seal.pk} {bytes(seal.digest).hex()}")
    return len(lines)


def _sealed(lines: dict[int, bytes], last: AuditSeal | None, seal: AuditSeal) -> AuditSeal:
    leaves = list(lines.values())
    seal.at, seal.line_ids, seal.leaves = clock.now(), list(lines), b"".join(leaves)
    seal.root, seal.previous = merkle.root(leaves), bytes(last.digest) if last else GENESIS
    seal.digest = _digest(seal)
    seal.key_version, seal.signature = signatures.sign(seal.digest)
    seal.save(force_insert=True)
    return seal


def _digest(seal: AuditSeal) -> bytes:
    numbers = (seal.format, seal.era, seal.xid_from, seal.xid_to, seal.own_xid, len(seal.line_ids))
    head = f"gusu-audit-seal/{'|'.join(map(str, numbers))}|{seal.at.astimezone(UTC).isoformat()}|"
    return sha256(head.encode() + bytes(seal.root) + bytes(seal.previous)).digest()


def _is_cut_short() -> bool:
    """Whether the seal remembered beside the keys is no longer in the database."""
    anchor = keys.anchor(settings.DATA)
    if not anchor:
        return False
    return not AuditSeal.objects.filter(pk=int(anchor[0]), digest=bytes.fromhex(anchor[1])).exists()


class Eras:
    """Passed while walking the seals: how far each era is sealed, and below which id no line can be new."""

    def __init__(self) -> None:
        self.ends: dict[int, int] = {}
        self.newest: int | None = None
        self._floors: list[tuple[int, int]] = []

    def is_continued_by(self, seal: AuditSeal) -> bool:
        return self.ends.get(seal.era, 0) == seal.xid_from

    def is_early(self, line: int, xid: int) -> bool:
        """Ids are drawn after their transaction's number: one numbered after a seal's has ids above all in it."""
        place = bisect_right(self._floors, xid, key=lambda floor: floor[0])
        return place > 0 and line <= self._floors[place - 1][1]

    def passed(self, seal: AuditSeal) -> None:
        if seal.era not in self.ends:
            self._floors = []
        self.ends[seal.era], self.newest = seal.xid_to, seal.pk
        highest = self._floors[-1][1] if self._floors else 0
        self._floors.append((seal.own_xid, max([highest, *seal.line_ids])))


def faults() -> Iterator[Fault]:
    """Everything in the trail that is not as it was sealed; nothing when all is well."""
    previous, eras = GENESIS, Eras()
    for seal in AuditSeal.objects.order_by("pk").iterator(chunk_size=200):
        if bytes(seal.previous) != previous or not eras.is_continued_by(seal):
            yield Fault("chain broken", seal.pk, None)
        yield from _faults_of(seal, eras)
        previous = bytes(seal.digest)
        eras.passed(seal)
    if _is_cut_short():
        yield Fault("newest seals missing", eras.newest, None)
    with connection.cursor() as cursor:
        cursor.execute(OUTSIDE, [list(eras.ends), list(eras.ends.values())])
        yield from (Fault("line inserted", None, line) for (line,) in cursor.fetchall())


def _faults_of(seal: AuditSeal, eras: Eras) -> Iterator[Fault]:
    leaves = [bytes(seal.leaves)[start : start + 32] for start in range(0, len(seal.leaves), 32)]
    genuine = signatures.verify(_digest(seal), bytes(seal.signature), seal.key_version)
    one_leaf_each = len(set(seal.line_ids)) == len(seal.line_ids) == len(leaves)  # each leaf hashes its own line's id
    whole = one_leaf_each and merkle.root(leaves) == bytes(seal.root) and bytes(seal.digest) == _digest(seal)
    if not (genuine and whole):
        yield Fault("seal changed", seal.pk, None)
    sealed = dict(zip(seal.line_ids, leaves, strict=False))
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, [seal.era, seal.xid_from, seal.xid_to])
        found = {line: (xid, bytes(leaf)) for line, xid, leaf in cursor.fetchall()}
    for line in sorted(sealed.keys() | found.keys()):
        if line not in found:
            yield Fault("line missing", seal.pk, line)
        elif line not in sealed or eras.is_early(line, found[line][0]):
            yield Fault("line inserted", seal.pk, line)
        elif found[line][1] != sealed[line]:
            yield Fault("line changed", seal.pk, line)
