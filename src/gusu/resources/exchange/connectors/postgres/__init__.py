"""Tables and views of a PostgreSQL."""
