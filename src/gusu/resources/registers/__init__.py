"""Registers with history: what is so, since when, and since when we know it."""
