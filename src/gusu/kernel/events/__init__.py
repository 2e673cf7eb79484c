"""What flows upstairs: an outbox in the caller's transaction."""
