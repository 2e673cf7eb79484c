"""Sealing what has been written, each second, and proving later that nothing was touched.

Writers never wait for the sealer.  It takes the lines of transactions older than every one still running
(`pg_snapshot_xmin`), so no line can appear later inside a range it has sealed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection, transaction

from gusu.kernel import clock
from gusu.kernel.audit import merkle
from gusu.kernel.audit.models import AuditSeal
from gusu.kernel.crypto import keys, signatures

LEAF = """sha256(convert_to(jsonb_build_array(id, era, xid, extract(epoch FROM at)::text, actor, organisation, verb,
    subject_kind, subject_id, outcome, code, purpose, detail)::text, 'UTF8'))"""
FINISHED = f"""
SELECT id, {LEAF} FROM kernel_auditline
WHERE era = %s AND xid >= %s AND xid < %s ORDER BY xid, id
"""
NEWEST_FINISHED = "SELECT last_value, pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM kernel_audit_era"
GENESIS = bytes(32)
SEALER = 0x67757375  # one sealer at a time; writers do not take this lock


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed. line is None where the seal itself is at fault."""

    kind: str
    seal: int | None
    line: int | None


def seal_finished_lines() -> int:
    """Seal every line of a finished transaction; answers how many. Nothing new, no seal."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER])
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(NEWEST_FINISHED)
        [(era, xid_to)] = cursor.fetchall()
        last = AuditSeal.objects.order_by("-pk").first()
        xid_from = last.xid_to if last and last.era == era else 0
        cursor.execute(FINISHED, [era, xid_from, xid_to])
        lines = [(line, bytes(leaf)) for line, leaf in cursor.fetchall()]
        if not lines:
            return 0
        seal = _sealed(lines, last, era, xid_from, xid_to)
    keys.remember_anchor(f"{seal.pk} {bytes(seal.digest).hex()}")
    return len(lines)


def _sealed(lines: list[tuple[int, bytes]], last: AuditSeal | None, era: int, xid_from: int, xid_to: int) -> AuditSeal:
    leaves = [leaf for _, leaf in lines]
    seal = AuditSeal(
        era=era,
        xid_from=xid_from,
        xid_to=xid_to,
        at=clock.now(),
        line_ids=[line for line, _ in lines],
        leaves=b"".join(leaves),
        root=merkle.root(leaves),
        previous=bytes(last.digest) if last else GENESIS,
    )
    seal.digest = _digest(seal)
    seal.key_version, seal.signature = signatures.sign(seal.digest)
    seal.save(force_insert=True)
    return seal


def _digest(seal: AuditSeal) -> bytes:
    head = f"gusu-audit-seal/{seal.format}|{seal.era}|{seal.xid_from}|{seal.xid_to}|{len(seal.line_ids)}|"
    return sha256(head.encode() + bytes(seal.root) + bytes(seal.previous)).digest()


def faults() -> Iterator[Fault]:
    """Everything in the trail that is not as it was sealed; nothing when all is well."""
    previous, ends, newest = GENESIS, dict[int, int](), AuditSeal()
    for seal in AuditSeal.objects.order_by("pk").iterator(chunk_size=200):
        if bytes(seal.previous) != previous or ends.get(seal.era, 0) != seal.xid_from:
            yield Fault("chain broken", seal.pk, None)
        yield from _faults_of(seal)
        previous, newest = bytes(seal.digest), seal
        ends[seal.era] = seal.xid_to
    anchor = keys.anchor()
    if anchor and not AuditSeal.objects.filter(pk=int(anchor[0]), digest=bytes.fromhex(anchor[1])).exists():
        yield Fault("newest seals missing", newest.pk, None)


def _faults_of(seal: AuditSeal) -> Iterator[Fault]:
    leaves = [bytes(seal.leaves)[start : start + 32] for start in range(0, len(seal.leaves), 32)]
    genuine = signatures.verify(_digest(seal), bytes(seal.signature), seal.key_version)
    if not genuine or bytes(seal.digest) != _digest(seal) or merkle.root(leaves) != bytes(seal.root):
        yield Fault("seal changed", seal.pk, None)
    sealed = dict(zip(seal.line_ids, leaves, strict=False))
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, [seal.era, seal.xid_from, seal.xid_to])
        found = {line: bytes(leaf) for line, leaf in cursor.fetchall()}
    for line in sorted(sealed.keys() | found.keys()):
        if line not in found:
            yield Fault("line missing", seal.pk, line)
        elif line not in sealed:
            yield Fault("line inserted", seal.pk, line)
        elif found[line] != sealed[line]:
            yield Fault("line changed", seal.pk, line)
