"""A post that ends by itself, or with its role or its organisation, closes the account that had no other."""

from gusu.identity.accounts import actions, queries
from gusu.identity.organisations.events import OrganisationClosed
from gusu.kernel.actor import house
from gusu.kernel.jobs.events import HourPassed
from gusu.kernel.jobs.queue import job, later

LEAVERS = "gusu.accounts.leavers"


@job(LEAVERS)
def close_leavers() -> None:
    for account in queries.leavers():
        actions.close_leaver(account, by=house("worker"))


def on_hour(event: HourPassed) -> None:
    later(LEAVERS, once=LEAVERS)


def on_organisation_closed(event: OrganisationClosed) -> None:
    later(LEAVERS, once=LEAVERS)
