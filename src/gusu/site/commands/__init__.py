"""One module, one command. `gusu.site.cli` finds them here."""
