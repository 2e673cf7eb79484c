"""What can happen to the trail beside being appended to."""

from django.conf import settings
from django.db import connection

from gusu.kernel.audit import sealing
from gusu.kernel.audit.models import AuditSeal
from gusu.kernel.crypto import keys

# Not nextval: PostgreSQL logs that 32 numbers ahead, and after a crash the era would be another one by itself.
NEXT_ERA = "SELECT setval('kernel_audit_era', last_value + 1) FROM kernel_audit_era"


def start_new_era() -> None:
    """After a restore: transaction numbers begin anew in this database, so sealing must too.

    What the backup caught unsealed is sealed first, in its own era.  The anchor follows the restored seals.
    """
    keys.remember_anchor(settings.DATA, "")
    sealing.seal_whole_era()
    with connection.cursor() as cursor:
        cursor.execute(NEXT_ERA)
    newest = AuditSeal.objects.order_by("-pk").first()
    keys.remember_anchor(settings.DATA, f"{newest.pk} {bytes(newest.digest).hex()}" if newest else "")
