"""Governments, departments and institutions as a tree."""
