"""Who did what: append-only lines in the caller's transaction, sealed every second."""
