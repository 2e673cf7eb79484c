"""A person says that a value about them is wrong (异议); the department it came from answers."""
