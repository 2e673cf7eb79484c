"""What a citizen or an enterprise comes for: items, and from them forms, cases and licences."""
