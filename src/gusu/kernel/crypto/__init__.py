"""Keys outside the data folder, envelope encryption, blind indexes, signatures."""
