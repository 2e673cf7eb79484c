"""The targets a city sets itself, each to become a live figure."""
