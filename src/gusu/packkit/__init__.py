"""Loads, checks, plans, applies and tests packs through each room's own `pack.py`; knows no room by name."""
