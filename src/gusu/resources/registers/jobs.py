"""Merging, in the worker."""

from gusu.kernel.actor import house
from gusu.kernel.jobs.queue import job, later
from gusu.resources.quality.events import BatchChecked
from gusu.resources.registers.actions import merge_register
from gusu.resources.registers.models import Register
from gusu.resources.registers.spec import spec_of

MERGE = "gusu.registers.merge"


@job(MERGE)
def merge(register: int) -> None:
    merge_register(Register.objects.get(pk=register), by=house("worker"))


def on_batch_checked(event: BatchChecked) -> None:
    """Every register that the resource feeds is merged anew; a merge already waiting serves this batch too."""
    for register in Register.objects.filter(ended_at=None):
        if event.resource in spec_of(register.spec).sources:
            later(MERGE, once=f"{MERGE}:{register.pk}", register=register.pk)
