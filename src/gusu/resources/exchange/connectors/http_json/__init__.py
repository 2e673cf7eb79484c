"""Paged JSON over HTTP."""
