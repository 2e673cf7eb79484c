"""How many queries a list page makes, with one row and with thirty."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gusu.identity.accounts.queries import account_named
from gusu.kernel.actor import house
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.queries import batches, exchange_of, exchanges
from gusu.resources.quality.actions import check_batch
from gusu.resources.registers.actions import merge_register
from gusu.resources.registers.queries import registers
from gusu.site import first_run
from gusu.site.server.prepare import collect_static

BY = house("bench")


def counted() -> list[tuple[str, int, int]]:
    """(page, queries with 1 row, queries with 30)."""
    _fill()
    data, auditor, anyone = _visitor("data"), _visitor("auditor"), Client()
    one = {
        "batches": _asked(data, "/official/exchanges?exchange=divisions"),
        "register search": _asked(anyone, "/registers/divisions?q=320505001000"),
        "audit trail": _asked(auditor, "/official/audit?verb=quality.check_batch&subject=1"),
    }
    for _ in range(30):
        open_batch(exchange_of("divisions"), by=BY)
    thirty = {
        "batches": _asked(data, "/official/exchanges?exchange=divisions"),
        "register search": _asked(anyone, "/registers/divisions?q=3205"),
        "audit trail": _asked(auditor, "/official/audit"),
    }
    return [(page, one[page], thirty[page]) for page in one]


def _fill() -> None:
    """The packs, and their files through the whole road."""
    collect_static(lambda _: None)
    first_run.prepare(0, lambda _: None)
    if len(batches()) < len(exchanges()):
        raise RuntimeError("no first batch")
    for batch in batches():
        receive_batch(batch, by=BY)
    for batch in batches():
        check_batch(batch, by=BY)
    for register in registers():
        merge_register(register, by=BY)


def _visitor(name: str) -> Client:
    account, client = account_named(name), Client()
    assert account is not None
    client.force_login(account)
    return client


def _asked(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return len(queries)
