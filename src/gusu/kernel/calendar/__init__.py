"""Chinese working days with swapped days: every legal clock counts by it."""
