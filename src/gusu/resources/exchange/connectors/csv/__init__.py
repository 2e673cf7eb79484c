"""Comma-separated files."""
