"""Versions of forms."""

from gusu.services.versions import Version


class FormVersion(Version):
    """What a form asked from a moment until a moment; a case pins the one it was filled in by."""
