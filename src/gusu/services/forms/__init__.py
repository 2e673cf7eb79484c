"""What an item asks, field by field: filled in from the registers, checked on the server, never asked twice."""
