"""How pages look: design language, Jinja environment, error pages, security headers, translations."""
