"""The demonstration city's people. Imported by the site and by tests only."""
