"""Rules over batches: set-based, by the dimensions of GB/T 36344."""
