"""What a city needs before its doors open: its packs, its demo people, its first batches. Harmless when repeated."""

from collections.abc import Callable

from gusu.demo.people import open_demo_accounts
from gusu.kernel.actor import house
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch
from gusu.resources.exchange.queries import exchanges
from gusu.site.wiring import PACK_ROOMS


def prepare(people: int, report: Callable[[str], None]) -> list[str]:
    """Apply the packs, open the demo accounts, receive what has never been received. Answers the sign-ins, a line
    each.
    """
    by = house("first-run")
    done = apply(load(gather(PACK_ROOMS)), by=by)
    report(f"packs applied: {len(done.to_do)} changes")
    for standing in exchanges():
        if standing.last_number is None:
            report(f"first batch of {standing.code} queued as {open_batch(standing.exchange, by=by)}")
    return [f"{name:<12} {password:<16} {label.both}" for name, password, label in open_demo_accounts(by)]
