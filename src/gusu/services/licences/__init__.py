"""E-licences (电子证照): issued once, signed, and verified by anybody who holds one."""
