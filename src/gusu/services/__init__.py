"""What people and companies get done: items, forms, cases, licences."""
