"""The wing's one migration history."""
