"""Who may take a piece from its pack, and who may write what packs declare."""

from gusu.kernel.actor import Actor


def may_adopt(by: Actor, _: object) -> bool:
    return by.can("packs.adopt")


def may_apply(by: Actor, _: object) -> bool:
    return by.can("packs.apply")
