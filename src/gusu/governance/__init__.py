"""Keeping the systems in order and measuring them."""
