"""Who may look into a base register at all; what they see there is a matter of grants."""

from gusu.kernel.actor import Actor


def may_explain(by: Actor) -> bool:
    """Those whose work is to say why a value stands."""
    return by.can("registers.explain")
