"""Who may do what with a base register."""

from gusu.kernel.actor import Actor


def may_forget(by: Actor, _subject: object) -> bool:
    return by.can("subjects.forget")
