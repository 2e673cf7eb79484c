"""Service items (事项): what one may apply for, declared by packs, versioned, linted, found and read by the public."""
