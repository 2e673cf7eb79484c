"""For what personal data may be looked at, and by which law."""
