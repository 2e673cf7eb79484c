"""Delivery of the outbox."""

from gusu.kernel.events import outbox
from gusu.kernel.jobs.queue import job

job(outbox.DELIVER)(outbox.deliver)
