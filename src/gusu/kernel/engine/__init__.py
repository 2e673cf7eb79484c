"""Scans and joins over the lake, in a child process."""
