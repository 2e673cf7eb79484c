"""How often something may be tried: by an address, for a name."""
