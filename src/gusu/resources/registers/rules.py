"""Who may look into a register."""

from gusu.kernel.actor import Actor
from gusu.resources.registers.models import Register
from gusu.resources.registers.spec import spec_of


def may_look_up(by: Actor, register: Register) -> bool:
    """Anyone in an open register; else those whose work is to explain its values."""
    return spec_of(register.spec).open or by.can("registers.explain")
