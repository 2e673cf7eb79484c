"""What can happen to the trail beside being appended to."""

from django.conf import settings
from django.db import connection

from gusu.kernel.audit import sealing
from gusu.kernel.audit.models import AuditSeal
from gusu.kernel.crypto import keys


def start_new_era() -> None:
    """After a restore: transaction numbers begin anew in this database, so sealing must too.

    What the backup caught unsealed is sealed first, in its own era.  The anchor follows the restored seals.
    """
    keys.remember_anchor(settings.DATA, "")
    sealing.seal_whole_era()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('kernel_audit_era')")
    newest = AuditSeal.objects.order_by("-pk").first()
    keys.remember_anchor(settings.DATA, f"{newest.pk} {bytes(newest.digest).hex()}" if newest else "")
