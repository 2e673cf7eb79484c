"""How records arrive: numbered batches, counted and digested at both ends."""
