"""What can happen to the trail beside being appended to."""

from django.db import connection

from gusu.kernel.audit.models import AuditSeal
from gusu.kernel.crypto import keys


def start_new_era() -> None:
    """After a restore: transaction numbers begin anew in this database, so sealing must too. The anchor follows the
    restored seals.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('kernel_audit_era')")
    newest = AuditSeal.objects.order_by("-pk").first()
    keys.remember_anchor(f"{newest.pk} {bytes(newest.digest).hex()}" if newest else "")
