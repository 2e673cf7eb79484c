"""What base registers tell."""

from typing import ClassVar

from gusu.kernel.events.outbox import Event


class BatchLinked(Event, frozen=True):
    name: ClassVar[str] = "subjects.batch_linked"
    batch: int
    resource: str


class BasePublished(Event, frozen=True):
    name: ClassVar[str] = "subjects.base_published"
    register: str
    edition: int


class SubjectErased(Event, frozen=True):
    name: ClassVar[str] = "subjects.subject_erased"
    register: int


class LinksGivenUp(Event, frozen=True):
    """A batch was written again, so it is to be linked anew."""

    name: ClassVar[str] = "subjects.links_given_up"
    batch: int
