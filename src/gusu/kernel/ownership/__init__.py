"""Which declared things a pack owns: read-only in pages until somebody adopts them."""
