"""Data elements (数据元) and code lists: the one language that columns, rules, forms and API fields are declared in."""
