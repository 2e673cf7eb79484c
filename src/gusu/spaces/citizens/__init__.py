"""A citizen's own space."""
