"""Settings, addresses and the command line: the only place that names every room."""
