"""Gathers the wing's models for Django; nothing else."""

from gusu.identity.accounts.models import Account, Appointment
from gusu.identity.limits.models import Tally
from gusu.identity.organisations.models import Organisation
from gusu.identity.purposes.models import Purpose
from gusu.identity.roles.models import Role

__all__ = ["Account", "Appointment", "Organisation", "Purpose", "Role", "Tally"]
