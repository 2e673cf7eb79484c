"""One folder a connector; nothing outside the folder knows it."""
