"""Who may do what to whose account."""

from datetime import date

from django.db.models import Q

from gusu.identity.accounts.models import Account, Appointment
from gusu.kernel.actor import Actor


def may_manage(by: Actor, _: object) -> bool:
    return by.can("identity.manage")


def may_manage_another(by: Actor, account: Account) -> bool:
    """Nobody gives themselves a role or resets their own password. (But one may open an account and use it.)"""
    return by.can("identity.manage") and by.account != account.pk


def may_end_appointment(by: Actor, appointment: Appointment) -> bool:
    return by.can("identity.manage") or by.account == appointment.account_id


def is_own(by: Actor, account: Account) -> bool:
    return by.account == account.pk


def is_own_or_manages(by: Actor, account: Account) -> bool:
    return is_own(by, account) or by.can("identity.manage")


def is_the_house(by: Actor, _: object) -> bool:
    return by.house


def in_force_on(day: date) -> Q:
    """Appointments that give something on `day`."""
    return Q(since__lte=day) & (Q(until=None) | Q(until__gt=day))


def open_on(day: date) -> Q:
    """Appointments that give something on `day` or will later: their role and organisation are still there."""
    return (Q(until=None) | Q(until__gt=day)) & Q(role__retired_at=None, organisation__ended_on=None)
